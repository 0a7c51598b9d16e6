import { keyArn } from '../../core/ids.ts';
import type { ListKeysRequest, ListKeysResponse } from '../../core/shapes/kms.ts';
import { onAccount } from '../handler.ts';
import { listingIn, page } from '../rules/paging.ts';

/** KMS API reference, "ListKeys": all keys of the account and Region, in any state, by key id. */
export const listKeys = onAccount<ListKeysRequest, ListKeysResponse>({
  action: 'kms:ListKeys',
  readOnly: true,
  audit: ['Limit', 'Marker'],
  async run(input, call, kms) {
    const { items, ...rest } = await page(
      listingIn(call, 'keys'),
      input,
      { default: 100, max: 1000 },
      (after, limit) => kms.keys.list(call, after, limit),
      ({ value }) => value.id,
    );
    return { Keys: items.map(({ value: { id } }) => ({ KeyId: id, KeyArn: keyArn(call, id) })), ...rest };
  },
});
