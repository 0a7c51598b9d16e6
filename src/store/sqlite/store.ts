/** The store on one SQLite file, for one server a data folder. Format: docs/formats/store.md. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { checkChange, checkId, checkLimit, checkPosition, checkPrefix, checkTable } from '../check.ts';
import type { OutboxRow, Row, ScanOptions, Store, StoreChange, Table } from '../contract.ts';
import { Channel } from './channel.ts';
import type { WorkerOptions } from './messages.ts';

export interface SqliteOptions {
  /** Commits that the change feed reaches back. */
  readonly keepChanges?: number;
}

const KEEP_CHANGES = 100_000;

/**
 * Opens or creates the store at `path`. Rejects with StoreError `corrupt`, `newer-schema` or, where the file's
 * owner or permissions are wrong, `unavailable`; then nothing was written.
 */
export async function openSqliteStore(path: string, options: SqliteOptions = {}): Promise<Store> {
  const workerData: WorkerOptions = { path, keepChanges: options.keepChanges ?? KEEP_CHANGES };
  const source = new URL(`./worker${extname(import.meta.filename)}`, import.meta.url);
  const channel = new Channel(new Worker(source, { workerData, execArgv: [], env: {}, name: 'store' }));
  try {
    await channel.opened;
  } catch (error) {
    channel.end('the store was not opened');
    throw error;
  }
  return new SqliteStore(channel);
}

class SqliteStore implements Store {
  readonly #channel: Channel;
  #closing: Promise<void> | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  async get(table: Table, id: string) {
    checkTable(table);
    checkId(id);
    return this.#channel.call('get', { table, id });
  }

  async scan(table: Table, prefix: string, options: ScanOptions) {
    checkTable(table);
    checkPrefix(prefix);
    checkLimit(options.limit);
    if (options.after !== undefined) checkPrefix(options.after);
    return this.#channel.call('scan', { table, prefix, options });
  }

  async count(table: Table, prefix: string) {
    checkTable(table);
    checkPrefix(prefix);
    return this.#channel.call('count', { table, prefix });
  }

  async commit(change: StoreChange) {
    checkChange(change);
    return this.#channel.call('commit', { change: detached(change) });
  }

  async changes(position: string, limit: number) {
    checkPosition(position);
    checkLimit(limit);
    return this.#channel.call('changes', { position, limit });
  }

  position() {
    return this.#channel.call('position', {});
  }

  async outbox(limit: number) {
    checkLimit(limit);
    return this.#channel.call('outbox', { limit });
  }

  dropOutbox(ids: readonly string[]) {
    return this.#channel.call('dropOutbox', { ids });
  }

  erase() {
    return this.#channel.call('erase', {});
  }

  backup(path: string, progress?: (done: number, total: number) => void) {
    return this.#channel.call('backup', { path }, progress);
  }

  close(): Promise<void> {
    this.#closing ??= this.#channel.call('close', {}).finally(() => this.#channel.end('the store is closed'));
    return this.#closing;
  }
}

/** A message carries the whole memory behind a view: a small one in Node's shared pool is copied out first. */
function detached(change: StoreChange): StoreChange {
  const { event } = change;
  return {
    ...change,
    put: (change.put ?? []).map((row: Row) => ({ ...row, content: own(row.content), mac: own(row.mac) })),
    ...(event && { event: detachedEvent(event) }),
  };
}

const detachedEvent = ({ id, envelope, body, mac }: OutboxRow): OutboxRow => ({
  id,
  envelope: own(envelope),
  body: own(body),
  mac: own(mac),
});

const own = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
