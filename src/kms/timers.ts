/** When a key is to be rotated or destroyed: durable timers, set in the commit that makes them necessary. */
import type { Place } from '../core/ids.ts';
import type { RowsChange } from '../store/rows-contract.ts';
import type { KeyRecord } from './key.ts';

export interface KeyTimer extends Place {
  readonly keyId: string;
}

export interface Timers {
  /** Row writes that make Lockholm look at the key's rotation at `due`, milliseconds since the epoch. */
  rotateAt(key: KeyRecord, due: number): RowsChange;
  /** Row writes that make Lockholm destroy the key at `due`, if its deletion is still pending then. */
  destroyAt(key: KeyRecord, due: number): RowsChange;
}
