import type { UpdateCustomKeyStoreRequest, UpdateCustomKeyStoreResponse } from '../../core/shapes/kms.ts';
import type { RowsChange } from '../../store/rows-contract.ts';
import { joinChanges } from '../change.ts';
import { clusterNotRelated, storeNameInUse, validation } from '../errors.ts';
import { onStore } from '../handler.ts';
import { dropCredentials, type KeyStoreRecord, putCredential, putKeyStore } from '../key-store.ts';
import type { Kms, KmsCall } from '../kms.ts';
import { activeCluster, requireClusterKind, requireConnection } from '../rules/key-stores.ts';
import { requirePassword } from '../rules/store-password.ts';

/** KMS API reference, "UpdateCustomKeyStore". The password is not tried before the next connect. */
export const updateCustomKeyStore = onStore<UpdateCustomKeyStoreRequest, UpdateCustomKeyStoreResponse>({
  action: 'kms:UpdateCustomKeyStore',
  readOnly: false,
  audit: ['CustomKeyStoreId', 'NewCustomKeyStoreName', 'CloudHsmClusterId'],
  async run(input, call, stored, kms) {
    requireClusterKind({ ...input });
    const { NewCustomKeyStoreName: name, CloudHsmClusterId: clusterId, KeyStorePassword: password } = input;
    if (name === undefined && clusterId === undefined && password === undefined)
      throw validation('Specify NewCustomKeyStoreName, CloudHsmClusterId or KeyStorePassword.');
    const store = stored.value;
    requireConnection(store, call.operation, ['DISCONNECTED']);
    const changed: Partial<KeyStoreRecord> = {
      ...(name !== undefined && { name }),
      ...(clusterId !== undefined && (await otherCluster(store, clusterId, call, kms))),
      ...(password !== undefined && { credential: { state: 'given', since: call.time } }),
    };
    const parts: RowsChange[] = [putKeyStore(stored, changed)];
    if (name !== undefined) parts.push(await freeName(store, name, call, kms));
    if (password !== undefined) parts.push(await newPassword(store, requirePassword(password), kms));
    await call.commit(joinChanges(...parts));
    return {};
  },
});

async function freeName(store: KeyStoreRecord, name: string, call: KmsCall, kms: Kms): Promise<RowsChange> {
  const { stores, change } = await kms.keyStores.counted(call);
  if (stores.some(({ value }) => value.name === name && value.id !== store.id))
    throw storeNameInUse(`There is a custom key store ${name} in this account and Region already.`);
  return change;
}

/** Only one that has the same keys: of the same backup history. */
async function otherCluster(
  store: KeyStoreRecord,
  clusterId: string,
  call: KmsCall,
  kms: Kms,
): Promise<Partial<KeyStoreRecord>> {
  const cluster = await activeCluster(call, clusterId, kms.clusters);
  if (cluster.clusterCertificateFingerprint !== store.clusterCertificate)
    throw clusterNotRelated(
      `The cluster ${clusterId} does not share the backup history of the cluster ${store.clusterId}.`,
    );
  return { clusterId };
}

async function newPassword(store: KeyStoreRecord, password: string, kms: Kms): Promise<RowsChange> {
  const credential = await kms.storeBackend.sealPassword(store, password);
  return joinChanges(
    await putCredential(kms.rows, store, 'current', credential),
    await dropCredentials(kms.rows, store, ['next']),
  );
}
