import type { UpdateAliasRequest } from '../../core/shapes/kms.ts';
import { moveAlias } from '../aliases.ts';
import { joinChanges, newAliasOf } from '../change.ts';
import { validation } from '../errors.ts';
import { onKey } from '../handler.ts';
import { customersAlias, requireAliasLeft } from '../rules/aliases.ts';

/** KMS API reference, "UpdateAlias". Old and new key must be of the same type and usage. */
export const updateAlias = onKey<UpdateAliasRequest, void>({
  key: 'TargetKeyId',
  forms: 'id-or-arn',
  state: 'notPendingDeletion',
  action: 'kms:UpdateAlias',
  readOnly: false,
  audit: ['AliasName', 'TargetKeyId'],
  async run(input, call, key, kms) {
    const alias = await customersAlias(input.AliasName, call, kms);
    const old = await kms.keys.get(call, alias.value.target);
    if (old !== undefined && old.value.usage !== key.value.usage)
      throw validation(`Alias ${alias.value.name} must keep pointing to a key of usage ${old.value.usage}.`);
    const moved = moveAlias(call, alias, key.value.id, call.time);
    if (alias.value.target === key.value.id) return call.commit(moved);
    await requireAliasLeft(key.value, kms);
    return call.commit(joinChanges(moved, newAliasOf(key)));
  },
});
