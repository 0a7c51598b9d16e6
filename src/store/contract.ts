/**
 * What a store does for Lockholm. Drawn for SQLite (one server a data folder) and PostgreSQL (many nodes); the
 * acceptance suite in test/store/suite.ts is run by each implementation. Writing goes through one call, `commit`;
 * there is no transaction callback, so engine calls and MACs come before it.
 *
 * A row is `(table, id)` with a version that begins at 1 and grows by one with each write. Ids begin with what
 * they are listed by (`<account>/<region>/...`), so a listing is a scan by prefix in byte order of the id.
 */

export const tables = [
  /** Sealed domain state, one row. Not authenticated by MAC: it authenticates itself. */
  'domain',
  'account',
  'access-key',
  'key',
  /** Key material tokens: `<account>/<region>/<key id>/<material id>`. */
  'material',
  /** Tokens of private keys that key material is sent in under: `<account>/<region>/<key id>/<hash of the public key>`. */
  'import-key',
  'alias',
  /** Aliases by key: `<account>/<region>/<key id>/<alias name>`. */
  'alias-by-key',
  /** Append-only lineage records of key material. */
  'lineage',
  /** What HSMs say of keys that they wrapped out: `<account>/<SHA-256 of the wrapped bytes>`. */
  'export-receipt',
  /** The token of an account's S3 root: `<account>`. */
  's3-root',
  /** Buckets, by their name. */
  'bucket',
  /** Buckets by owner: `<account>/<bucket>`. */
  'bucket-by-account',
  /** Stored objects: `<bucket>/<key>`. */
  'object',
  /** HSM clusters: `<account>/<region>/<cluster id>`. */
  'hsm-cluster',
  /** Backups of HSM clusters: `<account>/<region>/<backup id>`. */
  'hsm-backup',
  /** Addresses that HSMs listen on. */
  'hsm-address',
  /** Written with whatever counts towards the limits of `<account>/<region>`, so that no two counts are at one time. */
  'hsm-limit',
  /** Custom key stores: `<account>/<region>/<store id>`. */
  'key-store',
  /** Written with whatever changes which custom key stores there are in `<account>/<region>`. */
  'key-store-limit',
  /** Tokens of the passwords with which key stores log in: `<account>/<region>/<store id>/<current or next>`. */
  'store-credential',
  /** Durable background jobs and timers. */
  'job',
  /** Derived from the journal, rebuilt from it when lost. */
  'last-usage',
  /** Backups that were made: when, where, of what. */
  'backup',
  'setting',
] as const;
export type Table = (typeof tables)[number];

/** Tables whose rows are in no copy: what can be had again by a call, and must not outlive its deletion. */
export const uncopiedTables: readonly Table[] = ['import-key'];

export interface RowRef {
  readonly table: Table;
  readonly id: string;
}
export interface Row extends RowRef {
  readonly version: number;
  readonly content: Uint8Array;
  /** Engine MAC over table, id, version and content; empty where the table carries none. */
  readonly mac: Uint8Array;
}

/** An event that takes effect with the rows: written to the outbox in the same transaction. */
export interface OutboxEvent {
  readonly id: string;
  readonly envelope: Uint8Array;
  readonly body: Uint8Array;
}
export interface OutboxRow extends OutboxEvent {
  /** Engine MAC over id and envelope, which names the body by its hash: outbox-row.ts. */
  readonly mac: Uint8Array;
}

export interface StoreChange {
  /**
   * Versions that MUST hold when the change is applied; 0 = no such row. Every row in `put` with version n
   * implicitly expects n - 1, every row in `delete` the version given.
   */
  readonly expect?: readonly (RowRef & { readonly version: number })[];
  readonly put?: readonly Row[];
  readonly delete?: readonly (RowRef & { readonly version: number })[];
  readonly event?: OutboxRow;
}

/** `position` counts commits in commit order, as a decimal string. */
export interface CommitResult {
  readonly position: string;
}

export interface ChangeEntry extends RowRef {
  readonly position: string;
  /** 0 when the row was deleted. */
  readonly version: number;
}

export interface ScanOptions {
  /** Exclusive: ids after this one, compared by bytes. */
  readonly after?: string;
  readonly limit: number;
}

export interface Store {
  get(table: Table, id: string): Promise<Row | undefined>;
  /** Rows whose id begins with `prefix`, in byte order. */
  scan(table: Table, prefix: string, options: ScanOptions): Promise<readonly Row[]>;
  /** How many rows a scan without limit would find. */
  count(table: Table, prefix: string): Promise<number>;
  /** All or nothing, durable when it resolves. Rejects with StoreError `conflict` when a version does not hold. */
  commit(change: StoreChange): Promise<CommitResult>;
  /**
   * The change feed, in commit order, after `position` ('0' = from the first commit). The entries of one commit share
   * its position and are never split: the answer ends with the commit that reaches `limit` entries. A commit that
   * wrote no row has no entry. Rejects with `pruned` when the feed no longer reaches back to `position`, or never
   * reached it (an older store was put in place): the reader MUST forget what it had cached.
   */
  changes(position: string, limit: number): Promise<readonly ChangeEntry[]>;
  /** Position of the last commit. */
  position(): Promise<string>;
  outbox(limit: number): Promise<readonly OutboxRow[]>;
  /** Removes outbox rows that the journal holds. */
  dropOutbox(ids: readonly string[]): Promise<void>;
  /**
   * Makes what was deleted unrecoverable from the store's files: `erased` when done, `pending` where it is
   * complete only after the rotation of the domain key.
   */
  erase(): Promise<'erased' | 'pending'>;
  /**
   * A consistent copy of the store while it is in use, as one file at `path` (which MUST NOT exist): all tables but
   * `uncopiedTables`. What `erase` would erase is not in it either.
   */
  backup(path: string, progress?: (done: number, total: number) => void): Promise<void>;
  close(): Promise<void>;
}

/**
 * `conflict`: an expected version does not hold. `full`: no space or quota. `corrupt`: the files are damaged.
 * `newer-schema`: written by a newer Lockholm. `pruned`: see `changes`. `unavailable`: anything else; the change did not happen or its
 * outcome is unknown until `outbox` and rows are read again.
 */
export type StoreErrorCode = 'conflict' | 'full' | 'corrupt' | 'newer-schema' | 'pruned' | 'unavailable';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
