/**
 * A KMS key as Lockholm keeps it: one authenticated row of table `key`, `<account>/<region>/<key id>`.
 * A key is a keyset: versions of material with id and state, one of them current. Rotation is data.
 */
import { type AccountId, type KeyId, keyArn, type MaterialId, type Place, type Region } from '../core/ids.ts';
import type { RowRef } from '../store/contract.ts';

export interface Material {
  readonly id: MaterialId;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** One that is pending rotation was imported and is not yet permanently associated with the key. */
  readonly state: 'CURRENT' | 'NON_CURRENT' | 'PENDING_ROTATION';
  /** Absent on the first material, and on one that is pending rotation. */
  readonly rotation?: { readonly type: 'AUTOMATIC' | 'ON_DEMAND'; readonly date: number };
  /** Of keys of origin EXTERNAL, and only of them. */
  readonly imported?: ImportedMaterial;
}

export interface ImportedMaterial {
  /** False from its deletion or expiry until the same material is imported again. */
  readonly present: boolean;
  /** When it expires, milliseconds since the epoch; absent when it does not. */
  readonly validTo?: number;
  readonly description?: string;
}

export interface Rotation {
  readonly enabled: boolean;
  readonly periodInDays: number;
  /** When the next automatic rotation is due, milliseconds since the epoch; kept while disabled. */
  readonly next: number;
}

export interface Tag {
  readonly TagKey: string;
  readonly TagValue: string;
}

export type StoredKeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport';
/** A key is Unavailable while its custom key store is not connected: that is never stored with the key. */
export type KeyState = StoredKeyState | 'Unavailable';
export type KeyOrigin = 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM';

/** Where the material of a key in a custom key store is. */
export interface InStore {
  /** Of the custom key store. */
  readonly id: string;
  /** Of the key in the HSMs. */
  readonly handle: string;
  /** Of the material, kept by every copy of it in HSMs. */
  readonly lineage: string;
}

export interface KeyRecord {
  readonly id: KeyId;
  readonly account: AccountId;
  readonly region: Region;
  readonly manager: 'CUSTOMER' | 'AWS';
  readonly description: string;
  readonly created: number;
  readonly keySpec: 'SYMMETRIC_DEFAULT';
  readonly usage: 'ENCRYPT_DECRYPT';
  readonly origin: KeyOrigin;
  /** Of origin AWS_CLOUDHSM, and only of it. */
  readonly inStore?: InStore;
  readonly multiRegion: boolean;
  /** As it was set last: rules/key-states.ts, `stateOf`, says what it is now. */
  readonly state: StoredKeyState;
  /** Milliseconds since the epoch; only while the state is PendingDeletion. */
  readonly deletionDate?: number;
  /** Oldest first. */
  readonly materials: readonly Material[];
  readonly rotation: Rotation;
  readonly onDemandRotations: number;
  readonly policy: string;
  readonly tags: readonly Tag[];
}

export const placePrefix = ({ account, region }: Place): string => `${account}/${region}/`;
export const keyRow = (place: Place, id: KeyId): RowRef => ({ table: 'key', id: placePrefix(place) + id });
export const arnOf = (key: KeyRecord): string => keyArn(key, key.id);

export function currentMaterial(key: KeyRecord): Material {
  const material = currentMaterialIfAny(key);
  if (material === undefined) throw new TypeError(`key ${key.id} has no current material`);
  return material;
}

/** Undefined for a key into which nothing was imported yet. */
export const currentMaterialIfAny = (key: KeyRecord): Material | undefined =>
  key.materials.findLast(({ state }) => state === 'CURRENT');
