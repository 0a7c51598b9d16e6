import type { CreateCustomKeyStoreRequest, CreateCustomKeyStoreResponse } from '../../core/shapes/kms.ts';
import { joinChanges } from '../change.ts';
import { clusterInUse, limitExceeded, storeNameInUse } from '../errors.ts';
import { onAccount } from '../handler.ts';
import { credentialRow, type KeyStoreRecord, keyStoreRow, newKeyStoreId } from '../key-store.ts';
import type { Kms, KmsCall } from '../kms.ts';
import {
  activeCluster,
  MAX_KEY_STORES,
  requireClusterKind,
  requireMember,
  requireTrustAnchor,
  requireTwoZones,
} from '../rules/key-stores.ts';
import { requirePassword } from '../rules/store-password.ts';

/** KMS API reference, "CreateCustomKeyStore". The new store is disconnected. */
export const createCustomKeyStore = onAccount<CreateCustomKeyStoreRequest, CreateCustomKeyStoreResponse>({
  action: 'kms:CreateCustomKeyStore',
  readOnly: false,
  audit: ['CustomKeyStoreName', 'CustomKeyStoreType', 'CloudHsmClusterId'],
  async run(input, call, kms) {
    requireClusterKind({ ...input });
    const asked = {
      name: input.CustomKeyStoreName,
      clusterId: requireMember(input.CloudHsmClusterId, 'CloudHsmClusterId'),
      trustAnchor: requireMember(input.TrustAnchorCertificate, 'TrustAnchorCertificate'),
      password: requirePassword(requireMember(input.KeyStorePassword, 'KeyStorePassword')),
    };
    const { stores, change } = await kms.keyStores.counted(call);
    const present = stores.map(({ value }) => value);
    const same = await sameStore(asked, present, kms);
    if (same !== undefined) return { CustomKeyStoreId: same.id };
    requireRoomFor(asked, present);
    const store = await newStore(asked, present, call, kms);
    const credential = await kms.storeBackend.sealPassword(store, asked.password);
    call.record.responseElements = { customKeyStoreId: store.id };
    await call.commit(
      joinChanges(change, {
        put: [
          { ...keyStoreRow(store, store.id), version: 1, value: store },
          { ...credentialRow(store, 'current'), version: 1, value: credential },
        ],
      }),
    );
    return { CustomKeyStoreId: store.id };
  },
});

interface Asked {
  readonly name: string;
  readonly clusterId: string;
  readonly trustAnchor: string;
  readonly password: string;
}

/** A request that repeats an earlier one in everything, whose store was not connected yet, is answered as that one was. */
async function sameStore(
  asked: Asked,
  stores: readonly KeyStoreRecord[],
  kms: Kms,
): Promise<KeyStoreRecord | undefined> {
  const same = stores.find(
    (store) =>
      store.name === asked.name &&
      store.clusterId === asked.clusterId &&
      store.trustAnchor === asked.trustAnchor &&
      store.state === 'DISCONNECTED' &&
      store.credential.state === 'given',
  );
  return same !== undefined && (await kms.storeBackend.hasPassword(same, asked.password)) ? same : undefined;
}

function requireRoomFor({ name }: Asked, stores: readonly KeyStoreRecord[]): void {
  if (stores.some((store) => store.name === name))
    throw storeNameInUse(`There is a custom key store ${name} in this account and Region already.`);
  if (stores.length >= MAX_KEY_STORES)
    throw limitExceeded(
      `There are ${MAX_KEY_STORES} custom key stores in this account and Region, the limit.`,
    );
}

async function newStore(
  { name, clusterId, trustAnchor }: Asked,
  stores: readonly KeyStoreRecord[],
  call: KmsCall,
  kms: Kms,
): Promise<KeyStoreRecord> {
  const cluster = await activeCluster(call, clusterId, kms.clusters);
  const { clusterCertificateFingerprint: clusterCertificate } = cluster;
  if (stores.some((store) => store.clusterCertificate === clusterCertificate))
    throw clusterInUse(
      `The cluster ${clusterId}, or one with which it shares its backup history, has a custom key store already.`,
    );
  requireTwoZones(cluster);
  requireTrustAnchor(trustAnchor, cluster);
  return {
    account: call.account,
    region: call.region,
    id: newKeyStoreId(),
    name,
    type: 'AWS_CLOUDHSM',
    created: call.time,
    clusterId,
    clusterCertificate,
    trustAnchor,
    state: 'DISCONNECTED',
    attempt: call.eventId,
    credential: { state: 'given', since: call.time },
  };
}
