import type {
  DescribeCustomKeyStoresRequest,
  DescribeCustomKeyStoresResponse,
} from '../../core/shapes/kms.ts';
import { storeNotFound, validation } from '../errors.ts';
import { onAccount } from '../handler.ts';
import { listingIn, pageOf } from '../rules/paging.ts';
import { showKeyStore } from '../rules/show-key-store.ts';

/** KMS API reference, "DescribeCustomKeyStores": all of the account and Region, or the one that is named. */
export const describeCustomKeyStores = onAccount<
  DescribeCustomKeyStoresRequest,
  DescribeCustomKeyStoresResponse
>({
  action: 'kms:DescribeCustomKeyStores',
  readOnly: true,
  audit: ['CustomKeyStoreId', 'CustomKeyStoreName', 'Limit', 'Marker'],
  async run(input, call, kms) {
    const { CustomKeyStoreId: id, CustomKeyStoreName: name } = input;
    if (id !== undefined && name !== undefined)
      throw validation('CustomKeyStoreId and CustomKeyStoreName cannot both be specified.');
    const all = (await kms.keyStores.all(call)).map(({ value }) => value);
    const found = all.filter((store) => store.id === (id ?? store.id) && store.name === (name ?? store.name));
    const named = id ?? name;
    if (named !== undefined && found.length === 0)
      throw storeNotFound(`Custom key store ${named} does not exist.`);
    const { items, ...rest } = await pageOf(
      found,
      listingIn(call, 'custom key stores'),
      input,
      { default: 1000, max: 1000 },
      (store) => store.id,
    );
    return { CustomKeyStores: items.map(showKeyStore), ...rest };
  },
});
