/** When keys, material and import keys are to go or to change: durable timers, set in the commit that makes them necessary. */
import type { Place } from '../core/ids.ts';
import type { RowsChange } from '../store/rows-contract.ts';
import type { KeyRecord } from './key.ts';
import type { KeyStoreRecord } from './key-store.ts';

export interface KeyTimer extends Place {
  readonly keyId: string;
}

export interface MaterialTimer extends KeyTimer {
  readonly materialId: string;
}

export interface ImportKeyTimer extends KeyTimer {
  /** SHA-256 of the public key, hexadecimal. */
  readonly publicKeyHash: string;
}

export interface StoreTimer extends Place {
  readonly storeId: string;
}

export interface AttemptTimer extends StoreTimer {
  readonly attempt: string;
}

export interface OrphanTimer extends StoreTimer {
  readonly keyId: string;
}

export interface Timers {
  /** Row writes that make Lockholm look at the key's rotation at `due`, milliseconds since the epoch. */
  rotateAt(key: KeyRecord, due: number): RowsChange;
  /** Row writes that make Lockholm destroy the key at `due`, if its deletion is still pending then. */
  destroyAt(key: KeyRecord, due: number): RowsChange;
  /** Row writes that make Lockholm look at the expiry of imported material at `due`. */
  expireAt(key: KeyRecord, materialId: string, due: number): RowsChange;
  /** Row writes that make Lockholm erase an import key at `due`. */
  dropImportKeyAt(key: KeyRecord, publicKeyHash: string, due: number): RowsChange;
  /** Row writes that make Lockholm delete at `due` what the HSMs have for a key that there is not. */
  dropOrphanAt(store: KeyStoreRecord, keyId: string, due: number): RowsChange;
  /** Row writes that make Lockholm go on with connecting the store, for the call that is its `attempt`. */
  connectAt(store: KeyStoreRecord, due: number): RowsChange;
  disconnectAt(store: KeyStoreRecord, due: number): RowsChange;
  /** Row writes that make Lockholm erase at `due` what was deleted from the store before. */
  eraseAt(due: number): RowsChange;
}
