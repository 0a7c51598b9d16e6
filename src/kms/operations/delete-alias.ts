import { keyArn } from '../../core/ids.ts';
import type { DeleteAliasRequest } from '../../core/shapes/kms.ts';
import { dropAlias } from '../aliases.ts';
import { onAccount } from '../handler.ts';
import { customersAlias } from '../rules/aliases.ts';

/** KMS API reference, "DeleteAlias". The key is untouched. */
export const deleteAlias = onAccount<DeleteAliasRequest, void>({
  action: 'kms:DeleteAlias',
  readOnly: false,
  audit: ['AliasName'],
  async run(input, call, kms) {
    const alias = await customersAlias(input.AliasName, call, kms);
    call.record.resources.push(keyArn(call, alias.value.target));
    await call.commit(dropAlias(call, alias));
  },
});
