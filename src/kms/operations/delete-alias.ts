import { aliasArn, keyArn } from '../../core/ids.ts';
import type { DeleteAliasRequest } from '../../core/shapes/kms.ts';
import { dropAlias } from '../aliases.ts';
import { onAccount } from '../handler.ts';
import { customerAlias, existingAlias } from '../rules/aliases.ts';

/** KMS API reference, "DeleteAlias". The key is untouched. */
export const deleteAlias = onAccount<DeleteAliasRequest, void>({
  action: 'kms:DeleteAlias',
  readOnly: false,
  audit: ['AliasName'],
  async run(input, call, kms) {
    const name = customerAlias(input.AliasName);
    call.record.resources.push(aliasArn(call, name));
    const alias = await existingAlias(name, call, kms);
    call.record.resources.push(keyArn(call, alias.value.target));
    await call.commit(dropAlias(call, alias));
  },
});
