/**
 * A custom key store as Lockholm keeps it: one row of table `key-store`, `<account>/<region>/<store id>`. The password of
 * `kmsuser` is apart, in rows of table `store-credential`, as tokens that only the engine opens.
 */
import { createHash, randomUUID } from 'node:crypto';
import { PARTITION, type Place } from '../core/ids.ts';
import type { ConnectionErrorCodeType, ConnectionStateType } from '../core/shapes/kms.ts';
import { type Binding, encodeBinding } from '../engine/protocol/binding.ts';
import type { RowRef } from '../store/contract.ts';
import type { Rows, RowsChange, Stored } from '../store/rows-contract.ts';
import { placePrefix } from './key.ts';

/** The crypto user of a cluster as whom Lockholm logs in, and it alone. */
export const KMS_USER = 'kmsuser';

/**
 * Who can log in as `kmsuser`. `given`: whoever has the password that the tenant gave, and Lockholm, which keeps it.
 * `own`: Lockholm alone, which made it at a connect. `discarded`: nobody, as the HSMs' receipts say. `unheard`: the same,
 * but for HSMs that have not heard of it, with what Lockholm keeps until they have. `destroyed`: not Lockholm, which
 * destroyed what it kept; but no receipt says that the HSMs take it no more.
 */
export type Credential = KeptCredential | DiscardedCredential;

interface SomeCredential {
  /** When Lockholm got or made it, milliseconds since the epoch: backups made since may have its token. */
  readonly since: number;
}
interface KeptCredential extends SomeCredential {
  readonly state: 'given' | 'own' | 'destroyed';
}
export interface DiscardedCredential extends SomeCredential {
  readonly state: 'discarded' | 'unheard';
  /** As the HSM signed it (hsm/protocol/receipts.ts), base64. */
  readonly receipt: string;
  /** Milliseconds since the epoch, as the receipt says. */
  readonly time: number;
  /** Members of the cluster that may not have heard of it. */
  readonly notReached: readonly string[];
  /** What those signed that were asked afterwards. */
  readonly later?: readonly string[];
}

export interface KeyStoreRecord extends Place {
  readonly id: string;
  readonly name: string;
  readonly type: 'AWS_CLOUDHSM';
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly clusterId: string;
  /** What clusters with one backup history have in common: SHA-256 of their certificate, hexadecimal. */
  readonly clusterCertificate: string;
  /** The customer's CA, PEM: what the HSMs are checked with. */
  readonly trustAnchor: string;
  readonly state: ConnectionStateType;
  /** Only while the state is FAILED. */
  readonly error?: ConnectionErrorCodeType;
  /** The event of the last call that connects or disconnects: the jobs of earlier ones do nothing any more. */
  readonly attempt: string;
  readonly credential: Credential;
}
export type StoredKeyStore = Stored<KeyStoreRecord>;

export const keyStoreRow = (place: Place, id: string): RowRef => ({
  table: 'key-store',
  id: placePrefix(place) + id,
});

export const putKeyStore = (stored: StoredKeyStore, change: Partial<KeyStoreRecord>): RowsChange =>
  replaceKeyStore(stored, { ...stored.value, ...change });

export const replaceKeyStore = (stored: StoredKeyStore, value: KeyStoreRecord): RowsChange => ({
  put: [{ ...keyStoreRow(value, value.id), version: stored.version + 1, value }],
});

/** In the form of AWS: `cks-` and 17 hexadecimal digits. */
export const newKeyStoreId = (): string =>
  `cks-${createHash('sha256').update(randomUUID()).digest('hex').slice(0, 17)}`;

/** `next`: the password that a connect is about to set, or has set. */
export type CredentialName = 'current' | 'next';
export interface CredentialRow {
  /** Base64. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

export const credentialRow = (store: Place & { readonly id: string }, name: CredentialName): RowRef => ({
  table: 'store-credential',
  id: `${placePrefix(store)}${store.id}/${name}`,
});

/** For the caller's commit. */
export async function putCredential(
  rows: Rows,
  store: Place & { readonly id: string },
  name: CredentialName,
  value: CredentialRow,
): Promise<RowsChange> {
  const row = credentialRow(store, name);
  const version = (await rows.get(row.table, row.id))?.version ?? 0;
  return { put: [{ ...row, version: version + 1, value }] };
}

/** For the caller's commit, after which the store is to be erased. */
export async function dropCredentials(
  rows: Rows,
  store: Place & { readonly id: string },
  names: readonly CredentialName[],
): Promise<RowsChange> {
  const found = names.map(async (name) => {
    const row = credentialRow(store, name);
    const stored = await rows.get(row.table, row.id);
    return stored === undefined ? [] : [{ ...row, version: stored.version }];
  });
  return { delete: (await Promise.all(found)).flat() };
}

export const credentialBinding = ({ account, region, id }: Place & { readonly id: string }): Binding => ({
  kind: 'store-credential',
  partition: PARTITION,
  account,
  region,
  keyId: id,
  materialId: '',
  keySpec: '',
  usage: KMS_USER,
  origin: 'AWS_CLOUDHSM',
});

export const encodedCredentialBinding = (store: Place & { readonly id: string }): Buffer =>
  encodeBinding(credentialBinding(store));

/** Whether the keys of the store can be used. */
export const isConnected = ({ state }: KeyStoreRecord): boolean => state === 'CONNECTED';

/** Whether Lockholm holds something that logs in to the cluster. */
export const holdsCredential = ({ credential }: KeyStoreRecord): boolean =>
  credential.state === 'given' || credential.state === 'own';
