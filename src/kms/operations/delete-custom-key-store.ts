import type { DeleteCustomKeyStoreRequest, DeleteCustomKeyStoreResponse } from '../../core/shapes/kms.ts';
import { joinChanges } from '../change.ts';
import { storeHasKeys } from '../errors.ts';
import { onStore } from '../handler.ts';
import { dropCredentials, keyStoreRow } from '../key-store.ts';
import { requireConnection } from '../rules/key-stores.ts';

/** KMS API reference, "DeleteCustomKeyStore". The cluster and what is in it stay. */
export const deleteCustomKeyStore = onStore<DeleteCustomKeyStoreRequest, DeleteCustomKeyStoreResponse>({
  action: 'kms:DeleteCustomKeyStore',
  readOnly: false,
  audit: ['CustomKeyStoreId'],
  async run(_input, call, stored, kms) {
    const store = stored.value;
    requireConnection(store, call.operation, ['DISCONNECTED']);
    if (await kms.keyStores.hasKeys(store))
      throw storeHasKeys(`Custom key store ${store.id} has KMS keys, or keys whose deletion is pending.`);
    const { change } = await kms.keyStores.counted(call);
    await call.commit(
      joinChanges(
        change,
        { delete: [{ ...keyStoreRow(store, store.id), version: stored.version }] },
        await dropCredentials(kms.rows, store, ['current', 'next']),
        kms.timers.eraseAt(call.time),
      ),
    );
    return {};
  },
});
