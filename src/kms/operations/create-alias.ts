import { aliasArn } from '../../core/ids.ts';
import type { CreateAliasRequest } from '../../core/shapes/kms.ts';
import { putNewAlias } from '../aliases.ts';
import { joinChanges, newAliasOf } from '../change.ts';
import { alreadyExists } from '../errors.ts';
import { onKey } from '../handler.ts';
import { newAliasName, requireAliasLeft } from '../rules/aliases.ts';

/** KMS API reference, "CreateAlias". Not idempotent: a name that exists is refused. */
export const createAlias = onKey<CreateAliasRequest, void>({
  key: 'TargetKeyId',
  forms: 'id-or-arn',
  state: 'notPendingDeletion',
  action: 'kms:CreateAlias',
  readOnly: false,
  audit: ['AliasName', 'TargetKeyId'],
  async run(input, call, key, kms) {
    const name = newAliasName(input.AliasName);
    const arn = aliasArn(call, name);
    call.record.resources.push(arn);
    if ((await kms.aliases.find(call, name)) !== undefined)
      throw alreadyExists(`An alias with the name ${arn} already exists`);
    await requireAliasLeft(key.value, kms);
    const { time } = call;
    const alias = { name, target: key.value.id, created: time, updated: time };
    await call.commit(joinChanges(putNewAlias(call, alias), newAliasOf(key)));
  },
});
