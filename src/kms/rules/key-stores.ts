/** What custom key stores and their clusters must be for what is asked of them (KMS API reference, "CreateCustomKeyStore"). */
import { X509Certificate } from 'node:crypto';
import type { Place } from '../../core/ids.ts';
import {
  clusterInvalidConfiguration,
  clusterNotActive,
  clusterNotFound,
  incorrectTrustAnchor,
  storeInvalidState,
  unsupported,
  validation,
} from '../errors.ts';
import type { HsmCluster, HsmClusters, HsmMember } from '../hsm-clusters.ts';
import { isConnected, type KeyStoreRecord, type StoredKeyStore } from '../key-store.ts';
import type { Kms, KmsCall } from '../kms.ts';

export const MAX_KEY_STORES = 10;

/** What the two kinds of custom key stores have members of requests for. */
interface KindMembers {
  readonly CustomKeyStoreType?: string | undefined;
  readonly [member: string]: unknown;
}

/** Those of external key stores begin so. */
const XKS = 'XksProxy';

/** External key stores are not built; members of theirs have no place beside a cluster's. */
export function requireClusterKind(input: KindMembers): void {
  if (input.CustomKeyStoreType === 'EXTERNAL_KEY_STORE')
    throw unsupported('Custom key stores of type EXTERNAL_KEY_STORE are not supported yet.');
  const foreign = Object.keys(input).find((name) => name.startsWith(XKS) && input[name] !== undefined);
  if (foreign !== undefined)
    throw validation(`${foreign} cannot be specified for custom key stores of type AWS_CLOUDHSM.`);
}

export function requireMember<T>(value: T | undefined, name: string): T {
  if (value === undefined)
    throw validation(`${name} is required for custom key stores of type AWS_CLOUDHSM.`);
  return value;
}

/** An active cluster, with what it is known by. */
export interface ActiveCluster extends HsmCluster {
  readonly trustAnchor: string;
  readonly clusterCertificateFingerprint: string;
}

export async function activeCluster(place: Place, id: string, clusters: HsmClusters): Promise<ActiveCluster> {
  const cluster = await findCluster(place, id, clusters);
  const { state, trustAnchor, clusterCertificateFingerprint } = cluster;
  if (state !== 'ACTIVE' || trustAnchor === undefined || clusterCertificateFingerprint === undefined)
    throw clusterNotActive(`The cluster ${id} is not active: its state is ${state}.`);
  return { ...cluster, trustAnchor, clusterCertificateFingerprint };
}

async function findCluster(place: Place, id: string, clusters: HsmClusters): Promise<HsmCluster> {
  const cluster = await clusters.find(place, id);
  if (cluster === undefined)
    throw clusterNotFound(`The cluster ${id} does not exist in this account and Region.`);
  return cluster;
}

const inTwoZones = (hsms: readonly HsmMember[]): boolean => new Set(hsms.map(({ zone }) => zone)).size >= 2;

export function requireTwoZones({ id, hsms }: HsmCluster): void {
  if (!inTwoZones(hsms.filter(({ serves }) => serves))) throw tooFewHsms(id);
}

/** A key is made where two HSMs in different availability zones keep it. */
export async function requireTwoHsms(store: KeyStoreRecord, clusters: HsmClusters): Promise<void> {
  requireTwoZones(await findCluster(store, store.clusterId, clusters));
}

export const tooFewHsms = (clusterId: string) =>
  clusterInvalidConfiguration(
    `The cluster ${clusterId} must have at least two active HSMs, each in another availability zone.`,
  );

/**
 * Whether the store can be connected at all. HSMs that are there and do not serve now, such as locked ones, are found when
 * they are dialled: that shows in the connection's state.
 */
export async function requireConnectable(store: KeyStoreRecord, clusters: HsmClusters): Promise<void> {
  const { id, state, hsms } = await findConnectable(store, clusters);
  if (state !== 'ACTIVE' && state !== 'DEGRADED')
    throw clusterNotActive(`The cluster ${id} is not active: its state is ${state}.`);
  if (hsms.length === 0) throw clusterInvalidConfiguration(`The cluster ${id} has no HSM.`);
}

async function findConnectable(store: KeyStoreRecord, clusters: HsmClusters): Promise<HsmCluster> {
  const cluster = await clusters.find(store, store.clusterId);
  if (cluster === undefined)
    throw clusterNotActive(`The cluster ${store.clusterId} does not exist any more.`);
  return cluster;
}

export function requireTrustAnchor(given: string, { id, trustAnchor }: ActiveCluster): void {
  const [shown, known] = [certificate(given), certificate(trustAnchor)];
  if (shown === undefined || known === undefined || !shown.raw.equals(known.raw))
    throw incorrectTrustAnchor(
      `The trust anchor certificate in the request is not the one that the cluster ${id} was initialized with.`,
    );
}

function certificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

export async function connectedStore(id: string, call: KmsCall, kms: Kms): Promise<StoredKeyStore> {
  const store = await kms.keyStores.require(call, id);
  if (!isConnected(store.value))
    throw storeInvalidState(`Custom key store ${id} is not connected: its state is ${store.value.state}.`);
  return store;
}

/** The states of AWS's own message: KMS API reference, "CustomKeyStoreInvalidStateException". */
export function requireConnection(
  { id, state }: KeyStoreRecord,
  operation: string,
  allowed: readonly KeyStoreRecord['state'][],
): void {
  if (!allowed.includes(state))
    throw storeInvalidState(
      `Custom key store ${id} is in state ${state}; ${operation} is valid in state ${allowed.join(', ')}.`,
    );
}
