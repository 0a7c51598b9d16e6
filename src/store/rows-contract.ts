/**
 * Authenticated, cached rows: what services use of the store. Every row that decides carries an engine MAC,
 * checked when a cache loads it; a row whose MAC does not verify is refused (`RowError`), never skipped.
 */
import type { OutboxEvent, Row, RowRef, ScanOptions, Table } from './contract.ts';

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
  /** Authentic or not: for a limit on how many there may be, and nothing that decides who may do what. */
  count(table: Table, prefix: string): Promise<number>;
  /** Rejects with StoreError `conflict` when a version does not hold: read again and retry, or fail. */
  commit(change: RowsChange): Promise<void>;
}

/** What a MAC is over: docs/formats/row-mac.md. */
export interface MacFacts extends Omit<Row, 'table' | 'mac'> {
  readonly table: Table | 'outbox';
}

/** Computes and checks the MACs of rows; rejects when it cannot, which says nothing about the rows. */
export interface RowAuthenticator {
  /** One MAC for each row, in order. */
  authenticate(rows: readonly MacFacts[]): Promise<readonly Uint8Array[]>;
  /** One answer for each row, in order. */
  verify(rows: readonly (MacFacts & Pick<Row, 'mac'>)[]): Promise<readonly boolean[]>;
}

/** Rows of a front: keeps its cache right when other fronts write to the same store. */
export interface FrontRows extends Rows {
  /**
   * Reads the change feed to its end and forgets every cached row that changed. Resolves with the position up to
   * which the cache is right.
   */
  refresh(): Promise<string>;
  /** Refreshes again and again, `every` ms apart, until the function that it returns is called. */
  followChanges(every: number, failed: (error: unknown) => void): () => void;
}

/** A stored row that is not authentic, or whose content is not what its table holds. */
export class RowError extends Error {
  override readonly name = 'RowError';
}
