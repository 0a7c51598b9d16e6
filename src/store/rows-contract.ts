/**
 * Authenticated, cached rows: what services use of the store. Every row that decides carries an engine MAC,
 * checked when a cache loads it; a row whose MAC does not verify is refused (`RowError`), never skipped.
 */
import type { Json } from '../core/json.ts';
import type { OutboxEvent, RowRef, ScanOptions, Table } from './contract.ts';

export interface Stored<T> {
  readonly id: string;
  readonly version: number;
  /** Deeply frozen. */
  readonly value: T;
}

export interface RowsChange {
  /** Rows that must be at this version (0 = absent) beyond those written or deleted. */
  readonly expect?: readonly (RowRef & { readonly version: number })[];
  /** `version` is the new one: 1 to create, the read version + 1 to change. */
  readonly put?: readonly (RowRef & { readonly version: number; readonly value: object })[];
  /** `version` is the one read. */
  readonly delete?: readonly (RowRef & { readonly version: number })[];
  readonly event?: OutboxEvent;
}

export interface Rows {
  /** From the cache alone: what the hot path uses. */
  peek<T>(table: Table, id: string): Stored<T> | undefined;
  get<T>(table: Table, id: string): Promise<Stored<T> | undefined>;
  scan<T>(table: Table, prefix: string, options: ScanOptions): Promise<readonly Stored<T>[]>;
  /** Rejects with StoreError `conflict` when a version does not hold: read again and retry, or fail. */
  commit(change: RowsChange): Promise<void>;
}

export type RowContent = Json;

export class RowError extends Error {
  override readonly name = 'RowError';
}
