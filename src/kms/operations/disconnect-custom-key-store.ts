import type {
  DisconnectCustomKeyStoreRequest,
  DisconnectCustomKeyStoreResponse,
} from '../../core/shapes/kms.ts';
import { joinChanges } from '../change.ts';
import { onStore } from '../handler.ts';
import { replaceKeyStore } from '../key-store.ts';
import { requireConnection } from '../rules/key-stores.ts';

/**
 * KMS API reference, "DisconnectCustomKeyStore". From the answer on no key of the store is used any more; the state stays
 * DISCONNECTING until the HSMs have thrown away the password with which Lockholm could log in.
 */
export const disconnectCustomKeyStore = onStore<
  DisconnectCustomKeyStoreRequest,
  DisconnectCustomKeyStoreResponse
>({
  action: 'kms:DisconnectCustomKeyStore',
  readOnly: false,
  audit: ['CustomKeyStoreId'],
  async run(_input, call, stored, kms) {
    const { error: _, ...store } = stored.value;
    requireConnection(store, call.operation, ['CONNECTED', 'CONNECTING', 'FAILED']);
    const disconnecting = { ...store, state: 'DISCONNECTING', attempt: call.eventId } as const;
    await call.commit(
      joinChanges(replaceKeyStore(stored, disconnecting), kms.timers.disconnectAt(disconnecting, call.time)),
    );
    kms.wake();
    return {};
  },
});
