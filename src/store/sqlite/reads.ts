/** Every question that is answered without writing. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  type ChangeEntry,
  type OutboxRow,
  type Row,
  type ScanOptions,
  StoreError,
  type Table,
} from '../contract.ts';
import { prefixEnd } from '../prefix.ts';

/** Greater than every text: SQLite sorts blobs after texts (sqlite.org/datatype3.html, section 4.1). */
const NO_END = Uint8Array.of(0);

type RowColumns = { id: string; version: number; content: Uint8Array; mac: Uint8Array };

export class Reads {
  readonly #get;
  readonly #scan;
  readonly #count;
  readonly #meta;
  readonly #changes;
  readonly #db: DatabaseSync;
  #outbox: StatementSync | undefined;

  /** Reads rows, position and feed of every schema; the outbox, of the newest. */
  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#get = db.prepare('SELECT id, version, content, mac FROM row WHERE tbl = ? AND id = ?');
    this.#scan = db.prepare(
      'SELECT id, version, content, mac FROM row WHERE tbl = ? AND id >= ? AND id < ? ORDER BY id LIMIT ?',
    );
    this.#count = db.prepare('SELECT count(*) AS n FROM row WHERE tbl = ? AND id >= ? AND id < ?');
    this.#meta = db.prepare('SELECT CAST(value AS TEXT) AS value FROM meta WHERE name = ?');
    this.#changes = db.prepare(
      `SELECT CAST(position AS TEXT) AS position, tbl, id, version FROM change
       WHERE position > :from AND position <= coalesce(
         (SELECT position FROM change WHERE position > :from ORDER BY position, n LIMIT 1 OFFSET :rest),
         9223372036854775807)
       ORDER BY change.position, n`,
    );
  }

  get(table: Table, id: string): Row | undefined {
    const found = this.#get.get(table, id) as RowColumns | undefined;
    return found && { table, ...found };
  }

  scan(table: Table, prefix: string, { after, limit }: ScanOptions): readonly Row[] {
    const end = prefixEnd(prefix) ?? NO_END;
    const found = this.#scan.all(table, lowest(prefix, after), end, limit) as RowColumns[];
    return found.map((each) => ({ table, ...each }));
  }

  count(table: Table, prefix: string): number {
    const found = this.#count.get(table, prefix, prefixEnd(prefix) ?? NO_END) as { n: number };
    return found.n;
  }

  meta(name: 'position' | 'pruned'): string {
    const found = this.#meta.get(name) as { value: string } | undefined;
    if (!found) throw new StoreError('corrupt', `the store has lost its ${name}; restore the last backup`);
    return found.value;
  }

  changes(position: string, limit: number): readonly ChangeEntry[] {
    const from = BigInt(position);
    if (from < BigInt(this.meta('pruned')) || from > BigInt(this.meta('position')))
      throw new StoreError('pruned', `the change feed does not reach position ${position}`);
    const found = this.#changes.all({ from, rest: limit - 1 }) as (Omit<ChangeEntry, 'table'> & {
      tbl: Table;
    })[];
    return found.map(({ tbl, ...each }) => ({ ...each, table: tbl }));
  }

  outbox(limit: number): readonly OutboxRow[] {
    this.#outbox ??= this.#db.prepare(
      'SELECT event_id AS id, envelope, body, mac FROM outbox ORDER BY seq LIMIT ?',
    );
    const found = this.#outbox.all(limit) as unknown as OutboxRow[];
    return found.map(({ id, envelope, body, mac }) => ({ id, envelope, body, mac }));
  }
}

/** The least id that a scan may return: with a NUL appended, `after` becomes exclusive. */
function lowest(prefix: string, after: string | undefined): string {
  if (after === undefined || Buffer.compare(Buffer.from(after), Buffer.from(prefix)) < 0) return prefix;
  return `${after}\0`;
}
