/** A custom key store on the tenant's cluster. */
import {
  ConnectCustomKeyStoreCommand,
  type ConnectionStateType,
  CreateCustomKeyStoreCommand,
  DescribeCustomKeyStoresCommand,
  DisconnectCustomKeyStoreCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { KMS_USER } from '../../../src/kms/key-store.ts';
import { until } from '../poll.ts';
import type { CustomerCa } from './customer-ca.ts';
import { newPassword, type TenantCluster } from './hsm-cluster.ts';

export interface ConnectedStore {
  readonly id: string;
  /** Of `kmsuser`, as it was given to KMS: the connect has replaced it. */
  readonly password: string;
}

export async function connectedStore(
  kms: KMSClient,
  cluster: TenantCluster,
  ca: CustomerCa,
): Promise<ConnectedStore> {
  const password = newPassword();
  await cluster.createUser(KMS_USER, password);
  const { CustomKeyStoreId = '' } = await kms.send(
    new CreateCustomKeyStoreCommand({
      CustomKeyStoreName: 'the tenant’s HSMs',
      CloudHsmClusterId: cluster.id,
      TrustAnchorCertificate: ca.certificate,
      KeyStorePassword: password,
    }),
  );
  await kms.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }));
  await reaches(kms, CustomKeyStoreId, 'CONNECTED');
  return { id: CustomKeyStoreId, password };
}

export async function disconnect(kms: KMSClient, CustomKeyStoreId: string): Promise<void> {
  await kms.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId }));
  await reaches(kms, CustomKeyStoreId, 'DISCONNECTED');
}

async function reaches(kms: KMSClient, id: string, state: ConnectionStateType): Promise<void> {
  await until(`key store ${id} to be ${state}`, async () => {
    const command = new DescribeCustomKeyStoresCommand({ CustomKeyStoreId: id });
    const [store] = (await kms.send(command)).CustomKeyStores ?? [];
    if (store?.ConnectionState === 'FAILED') throw new Error(`key store ${id}: ${store.ConnectionErrorCode}`);
    return store?.ConnectionState === state ? true : undefined;
  });
}
