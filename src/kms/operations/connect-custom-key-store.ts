import type { ConnectCustomKeyStoreRequest, ConnectCustomKeyStoreResponse } from '../../core/shapes/kms.ts';
import { joinChanges } from '../change.ts';
import { onStore } from '../handler.ts';
import { replaceKeyStore } from '../key-store.ts';
import { requireConnectable, requireConnection } from '../rules/key-stores.ts';

/** KMS API reference, "ConnectCustomKeyStore": answers at once. What comes of it shows in the connection's state. */
export const connectCustomKeyStore = onStore<ConnectCustomKeyStoreRequest, ConnectCustomKeyStoreResponse>({
  action: 'kms:ConnectCustomKeyStore',
  readOnly: false,
  audit: ['CustomKeyStoreId'],
  async run(_input, call, stored, kms) {
    const { error: _, ...store } = stored.value;
    requireConnection(store, call.operation, ['DISCONNECTED', 'CONNECTING', 'CONNECTED']);
    if (store.state !== 'DISCONNECTED') return {};
    await requireConnectable(store, kms.clusters);
    const connecting = { ...store, state: 'CONNECTING', attempt: call.eventId } as const;
    await call.commit(
      joinChanges(replaceKeyStore(stored, connecting), kms.timers.connectAt(connecting, call.time)),
    );
    kms.wake();
    return {};
  },
});
