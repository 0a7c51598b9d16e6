import type { CustomKeyStoresListEntry } from '../../core/shapes/kms.ts';
import type { KeyStoreRecord } from '../key-store.ts';

/** A custom key store as DescribeCustomKeyStores answers it. */
export const showKeyStore = (store: KeyStoreRecord): CustomKeyStoresListEntry => ({
  CustomKeyStoreId: store.id,
  CustomKeyStoreName: store.name,
  CloudHsmClusterId: store.clusterId,
  TrustAnchorCertificate: store.trustAnchor,
  ConnectionState: store.state,
  ...(store.state === 'FAILED' && store.error !== undefined && { ConnectionErrorCode: store.error }),
  CreationDate: store.created,
  CustomKeyStoreType: store.type,
});
