/**
 * The contract on PostgreSQL's SQL, in-process: keeps contract and suite honest for the store to come. PGlite
 * runs one statement at a time, so it cannot show what concurrent servers would do.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import {
  checkChange,
  checkId,
  checkLimit,
  checkPosition,
  checkPrefix,
  checkTable,
} from '../../src/store/check.ts';
import {
  type ChangeEntry,
  type CommitResult,
  type OutboxRow,
  type Row,
  type RowRef,
  type ScanOptions,
  type Store,
  type StoreChange,
  StoreError,
  type Table,
  uncopiedTables,
} from '../../src/store/contract.ts';
import { prefixEnd } from '../../src/store/prefix.ts';

const schema = `
CREATE TABLE IF NOT EXISTS stored_row (
  tbl text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, version int8 NOT NULL,
  content bytea NOT NULL, mac bytea NOT NULL, PRIMARY KEY (tbl, id));
CREATE TABLE IF NOT EXISTS outbox (
  seq int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text UNIQUE NOT NULL,
  envelope bytea NOT NULL, body bytea NOT NULL, mac bytea NOT NULL);
CREATE TABLE IF NOT EXISTS change (
  position int8 NOT NULL, n int4 NOT NULL, tbl text NOT NULL, id text NOT NULL, version int8 NOT NULL,
  PRIMARY KEY (position, n));
CREATE TABLE IF NOT EXISTS counter (name text PRIMARY KEY, value int8 NOT NULL);
INSERT INTO counter VALUES ('position', 0), ('pruned', 0) ON CONFLICT DO NOTHING`;

type Query = Pick<Transaction, 'query'>;

/** Empties the tables of an instance that tests share. */
export async function emptyPglite(pg: PGlite): Promise<void> {
  await pg.exec(`${schema}; TRUNCATE stored_row, outbox, change; UPDATE counter SET value = 0`);
}

export class PgliteStore implements Store {
  readonly #pg: PGlite;
  readonly #owned: boolean;
  #closed = false;

  /** With `owned`, closing the store closes the instance. */
  constructor(pg: PGlite, owned: boolean) {
    this.#pg = pg;
    this.#owned = owned;
  }

  async get(table: Table, id: string): Promise<Row | undefined> {
    checkTable(table);
    checkId(id);
    const { rows } = await this.#open().query<Row>(
      'SELECT tbl AS table, id, version, content, mac FROM stored_row WHERE tbl = $1 AND id = $2',
      [table, id],
    );
    return rows[0];
  }

  async scan(table: Table, prefix: string, { after, limit }: ScanOptions): Promise<readonly Row[]> {
    checkTable(table);
    checkPrefix(prefix);
    checkLimit(limit);
    const { rows } = await this.#open().query<Row>(
      `SELECT tbl AS table, id, version, content, mac FROM stored_row
       WHERE tbl = $1 AND id >= $2 AND ($3::text IS NULL OR id < $3) AND ($4::text IS NULL OR id > $4)
       ORDER BY id LIMIT $5`,
      [table, prefix, prefixEnd(prefix) ?? null, after ?? null, limit],
    );
    return rows;
  }

  async count(table: Table, prefix: string): Promise<number> {
    checkTable(table);
    checkPrefix(prefix);
    const { rows } = await this.#open().query<{ n: string | number }>(
      'SELECT count(*) AS n FROM stored_row WHERE tbl = $1 AND id >= $2 AND ($3::text IS NULL OR id < $3)',
      [table, prefix, prefixEnd(prefix) ?? null],
    );
    return Number(rows[0]?.n);
  }

  async commit(change: StoreChange): Promise<CommitResult> {
    checkChange(change);
    try {
      return await this.#open().transaction((tx) => apply(tx, change));
    } catch (error) {
      // 23505 is unique_violation: another commit made the row, or took the event, first.
      if (error instanceof Error && 'code' in error && error.code === '23505')
        throw new StoreError('conflict', 'a row or event is there already', error);
      throw error;
    }
  }

  async changes(position: string, limit: number): Promise<readonly ChangeEntry[]> {
    checkPosition(position);
    checkLimit(limit);
    const pg = this.#open();
    const [pruned, last] = [await counter(pg, 'pruned'), await counter(pg, 'position')];
    if (BigInt(position) < pruned || BigInt(position) > last)
      throw new StoreError('pruned', `the change feed does not reach position ${position}`);
    const { rows } = await pg.query<ChangeEntry>(
      `SELECT position::text AS position, tbl AS table, id, version FROM change
       WHERE position > $1 AND position <= coalesce(
         (SELECT position FROM change WHERE position > $1 ORDER BY position, n LIMIT 1 OFFSET $2),
         9223372036854775807)
       ORDER BY change.position, n`,
      [position, limit - 1],
    );
    return rows;
  }

  async position(): Promise<string> {
    return String(await counter(this.#open(), 'position'));
  }

  async outbox(limit: number): Promise<readonly OutboxRow[]> {
    checkLimit(limit);
    const { rows } = await this.#open().query<OutboxRow>(
      'SELECT event_id AS id, envelope, body, mac FROM outbox ORDER BY seq LIMIT $1',
      [limit],
    );
    return rows;
  }

  async dropOutbox(ids: readonly string[]): Promise<void> {
    await this.#open().query('DELETE FROM outbox WHERE event_id = ANY($1)', [ids]);
  }

  /** Old row versions stay in PostgreSQL's files, its log and its replicas. */
  async erase(): Promise<'pending'> {
    this.#open();
    return 'pending';
  }

  async backup(path: string, progress?: (done: number, total: number) => void): Promise<void> {
    if (existsSync(path)) throw new StoreError('unavailable', `${path} is there already`);
    const dump = await withoutUncopied(await this.#open().dumpDataDir('none'));
    await writeFile(path, new Uint8Array(await dump.arrayBuffer()), { flag: 'wx', mode: 0o600 });
    progress?.(1, 1);
  }

  async close(): Promise<void> {
    if (this.#owned && !this.#closed) await this.#pg.close();
    this.#closed = true;
  }

  #open(): PGlite {
    if (this.#closed) throw new StoreError('unavailable', 'the store is closed');
    return this.#pg;
  }
}

async function withoutUncopied(loadDataDir: Blob): Promise<Blob> {
  await using copy = await PGlite.create({ loadDataDir });
  await copy.query('DELETE FROM stored_row WHERE tbl = ANY($1)', [uncopiedTables]);
  return copy.dumpDataDir('none');
}

/** The counter's row is locked from here to the commit, so positions are given in the order of commits. */
async function apply(tx: Transaction, change: StoreChange): Promise<CommitResult> {
  const { rows } = await tx.query<{ position: string }>(
    "UPDATE counter SET value = value + 1 WHERE name = 'position' RETURNING value::text AS position",
  );
  const position = rows[0]?.position ?? '';
  for (const ref of change.expect ?? []) if ((await version(tx, ref)) !== ref.version) throw conflict(ref);
  let n = 0;
  const record = (ref: RowRef, now: number) =>
    tx.query('INSERT INTO change VALUES ($1, $2, $3, $4, $5)', [position, n++, ref.table, ref.id, now]);
  for (const row of change.put ?? []) {
    await put(tx, row);
    await record(row, row.version);
  }
  for (const ref of change.delete ?? []) {
    const done = await tx.query('DELETE FROM stored_row WHERE tbl = $1 AND id = $2 AND version = $3', [
      ref.table,
      ref.id,
      ref.version,
    ]);
    if (done.affectedRows !== 1) throw conflict(ref);
    await record(ref, 0);
  }
  const { event } = change;
  if (event)
    await tx.query('INSERT INTO outbox (event_id, envelope, body, mac) VALUES ($1, $2, $3, $4)', [
      event.id,
      event.envelope,
      event.body,
      event.mac,
    ]);
  return { position };
}

async function put(tx: Transaction, { table, id, version: next, content, mac }: Row): Promise<void> {
  const sql =
    next === 1
      ? 'INSERT INTO stored_row (tbl, id, content, mac, version) VALUES ($1, $2, $3, $4, $5)'
      : 'UPDATE stored_row SET content = $3, mac = $4, version = $5 WHERE tbl = $1 AND id = $2 AND version = $5 - 1';
  const done = await tx.query(sql, [table, id, content, mac, next]);
  if (done.affectedRows !== 1) throw conflict({ table, id });
}

async function version(tx: Query, { table, id }: RowRef): Promise<number> {
  const found = await tx.query<{ version: number }>(
    'SELECT version FROM stored_row WHERE tbl = $1 AND id = $2 FOR SHARE',
    [table, id],
  );
  return found.rows[0]?.version ?? 0;
}

async function counter(pg: Query, name: string): Promise<bigint> {
  const { rows } = await pg.query<{ value: string }>(
    'SELECT value::text AS value FROM counter WHERE name = $1',
    [name],
  );
  return BigInt(rows[0]?.value ?? 0);
}

const conflict = ({ table, id }: RowRef): StoreError =>
  new StoreError('conflict', `row ${table} ${id} is no longer at the version that was read`);
