/** Authenticated, cached rows over a store: what rows-contract.ts promises. */
import {
  type Row,
  type RowRef,
  type ScanOptions,
  type Store,
  StoreError,
  type Table,
  tables,
} from './contract.ts';
import { outboxRow } from './outbox-row.ts';
import { decodeRow, encodeContent, notAuthentic, sizedRow } from './row-content.ts';
import { type CacheLimits, RowTable } from './row-table.ts';
import type { FrontRows, RowAuthenticator, RowsChange, Stored } from './rows-contract.ts';

export interface RowsOptions {
  /** Rows cached for each table. */
  readonly cacheRows?: number;
  /** Bytes of content cached for each table. In memory a row takes a few times as much. */
  readonly cacheBytes?: number;
}

const CACHE_ROWS = 100_000;
const CACHE_BYTES = 64 * 1024 * 1024;
/** Entries of the change feed read at once. */
const FEED = 1000;

/** Rows of every table but `domain`, which authenticates itself and is used through the store. */
export async function openRows(
  store: Store,
  authenticator: RowAuthenticator,
  options: RowsOptions = {},
): Promise<FrontRows> {
  const { cacheRows = CACHE_ROWS, cacheBytes = CACHE_BYTES } = options;
  const limits = { rows: cacheRows, bytes: cacheBytes };
  return new AuthenticatedRows(store, authenticator, limits, await store.position());
}

class AuthenticatedRows implements FrontRows {
  readonly #store: Store;
  readonly #authenticator: RowAuthenticator;
  readonly #tables: ReadonlyMap<Table, RowTable>;
  #position: string;
  #refreshing: Promise<string> | undefined;

  constructor(store: Store, authenticator: RowAuthenticator, limits: CacheLimits, position: string) {
    this.#store = store;
    this.#authenticator = authenticator;
    this.#position = position;
    this.#tables = new Map(
      tables.filter((name) => name !== 'domain').map((name) => [name, new RowTable(limits)]),
    );
  }

  peek<T>(table: Table, id: string): Stored<T> | undefined {
    return this.#table(table).peek(id) as Stored<T> | undefined;
  }

  async get<T>(table: Table, id: string): Promise<Stored<T> | undefined> {
    const found = await this.#table(table).get(id, async () => {
      const row = await this.#store.get(table, id);
      if (!row) return undefined;
      await this.#verify([row]);
      return sizedRow(row);
    });
    return found as Stored<T> | undefined;
  }

  /** A page is not put into the cache: a listing of everything would drive out what is in use. */
  async scan<T>(table: Table, prefix: string, options: ScanOptions): Promise<readonly Stored<T>[]> {
    const cache = this.#table(table);
    const rows = await this.#store.scan(table, prefix, options);
    const cached = rows.map(({ id, version }) => {
      const found = cache.peek(id);
      return found?.version === version ? found : undefined;
    });
    await this.#verify(rows.filter((_, i) => cached[i] === undefined));
    return rows.map((row, i) => (cached[i] ?? decodeRow(row)) as Stored<T>);
  }

  count(table: Table, prefix: string): Promise<number> {
    return this.#store.count(table, prefix);
  }

  async commit(change: RowsChange): Promise<void> {
    const unsigned = (change.put ?? []).map(({ value, ...ref }) => ({
      ...ref,
      content: encodeContent(value),
    }));
    for (const { table } of [...unsigned, ...(change.delete ?? []), ...(change.expect ?? [])])
      this.#table(table);
    const { event: unsignedEvent } = change;
    // Asked for in one turn, so that both travel in one message.
    const [macs, event] = await Promise.all([
      this.#authenticator.authenticate(unsigned),
      unsignedEvent && outboxRow(unsignedEvent, this.#authenticator),
    ]);
    const put = unsigned.map((row, i): Row => ({ ...row, mac: macs[i] ?? missing(row) }));
    const written: readonly RowRef[] = [...put, ...(change.delete ?? [])];
    for (const { table, id } of written) this.#table(table).commitBegins(id);
    try {
      await this.#store.commit({
        ...(change.expect && { expect: change.expect }),
        ...(change.delete && { delete: change.delete }),
        put,
        ...(event && { event }),
      });
    } catch (error) {
      // A conflict shows that the cache was behind, any other failure leaves the outcome open: read again.
      for (const { table, id } of written) this.#table(table).commitEnds(id, undefined);
      for (const { table, id } of change.expect ?? []) this.#table(table).forget(id);
      throw error;
    }
    for (const row of put) this.#table(row.table).commitEnds(row.id, sizedRow(row));
    for (const { table, id } of change.delete ?? []) this.#table(table).commitEnds(id, undefined);
  }

  refresh(): Promise<string> {
    this.#refreshing ??= this.#readFeed().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  followChanges(every: number, failed: (error: unknown) => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    const next = () => {
      if (stopped) return;
      timer = setTimeout(() => this.refresh().catch(failed).finally(next), every);
      timer.unref();
    };
    next();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }

  async #readFeed(): Promise<string> {
    const reached = await this.#store.position();
    try {
      for (let full = true; full; ) {
        const entries = await this.#store.changes(this.#position, FEED);
        for (const { table, id, version } of entries) this.#tables.get(table)?.changed(id, version);
        this.#position = entries.at(-1)?.position ?? this.#position;
        full = entries.length >= FEED;
      }
      // Commits without rows have no entry in the feed.
      if (BigInt(reached) > BigInt(this.#position)) this.#position = reached;
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'pruned')) throw error;
      for (const table of this.#tables.values()) table.forgetAll();
      this.#position = reached;
    }
    return this.#position;
  }

  async #verify(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const valid = await this.#authenticator.verify(rows);
    const [refused, ...more] = rows.filter((_, i) => valid[i] !== true);
    if (refused !== undefined) throw notAuthentic(refused, more);
  }

  #table(table: Table): RowTable {
    const found = this.#tables.get(table);
    if (!found) throw new RangeError(`table ${table} has no authenticated rows`);
    return found;
  }
}

function missing(row: RowRef): never {
  throw new Error(`no MAC was made for row ${row.table} ${row.id}`);
}
