/**
 * Group commit: everything that waits goes into one transaction and one sync. Versions are compared before a
 * change writes anything, so a conflict fails alone and the rest of the group goes on.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type RowRef, type StoreChange, StoreError } from '../contract.ts';
import { diagnose } from './failures.ts';
import type { RequestOf } from './messages.ts';
import type { Reads } from './reads.ts';

export type Write = RequestOf<'commit'> | RequestOf<'dropOutbox'>;
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** How often the feed is cut, in commits. */
const PRUNE_EVERY = 1000;

export class Writes {
  readonly #db: DatabaseSync;
  readonly #reads: Reads;
  readonly #path: string;
  readonly #keepChanges: number;
  readonly #statements;
  #position = 0;

  constructor(db: DatabaseSync, reads: Reads, path: string, keepChanges: number) {
    this.#db = db;
    this.#reads = reads;
    this.#path = path;
    this.#keepChanges = keepChanges;
    const prepare = (sql: string) => db.prepare(sql);
    this.#statements = {
      begin: prepare('BEGIN IMMEDIATE'),
      commit: prepare('COMMIT'),
      version: prepare('SELECT version FROM row WHERE tbl = ? AND id = ?'),
      insert: prepare('INSERT INTO row (tbl, id, version, content, mac) VALUES (?, ?, ?, ?, ?)'),
      update: prepare('UPDATE row SET version = ?, content = ?, mac = ? WHERE tbl = ? AND id = ?'),
      remove: prepare('DELETE FROM row WHERE tbl = ? AND id = ?'),
      change: prepare('INSERT INTO change (position, n, tbl, id, version) VALUES (?, ?, ?, ?, ?)'),
      meta: prepare('UPDATE meta SET value = ? WHERE name = ?'),
      prune: prepare('DELETE FROM change WHERE position <= ?'),
      event: prepare('INSERT INTO outbox (event_id, envelope, body, mac) VALUES (?, ?, ?, ?)'),
      drop: prepare('DELETE FROM outbox WHERE event_id = ?'),
    };
  }

  /** One outcome for each write, in order; what is answered with a value is durable. */
  apply(group: readonly Write[]): readonly Outcome[] {
    try {
      return this.#transaction(group);
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      const first = group[0];
      if (first === undefined || group.length === 1 || diagnose(error, this.#path).fatal)
        return group.map(() => ({ error }));
      // One of them does not fit (no space, a repeated event): alone, each gets its own answer.
      return group.flatMap((write) => this.apply([write]));
    }
  }

  #transaction(group: readonly Write[]): readonly Outcome[] {
    this.#statements.begin.run();
    const before = Number(this.#reads.meta('position'));
    this.#position = before;
    const outcomes = group.map((write) =>
      write.op === 'commit' ? this.#commit(write.change) : this.#drop(write.ids),
    );
    if (this.#position !== before) this.#advance(before);
    this.#statements.commit.run();
    return outcomes;
  }

  #commit(change: StoreChange): Outcome {
    const conflict = this.#conflict(change);
    if (conflict) return { error: conflict };
    this.#position += 1;
    let n = 0;
    for (const { table, id, version, content, mac } of change.put ?? []) {
      if (version === 1) this.#statements.insert.run(table, id, version, content, mac);
      else this.#statements.update.run(version, content, mac, table, id);
      this.#statements.change.run(this.#position, n++, table, id, version);
    }
    for (const { table, id } of change.delete ?? []) {
      this.#statements.remove.run(table, id);
      this.#statements.change.run(this.#position, n++, table, id, 0);
    }
    const { event } = change;
    if (event) this.#statements.event.run(event.id, event.envelope, event.body, event.mac);
    return { value: { position: String(this.#position) } };
  }

  #conflict(change: StoreChange): StoreError | undefined {
    for (const ref of change.expect ?? []) if (this.#version(ref) !== ref.version) return conflict(ref);
    for (const ref of change.put ?? []) if (this.#version(ref) !== ref.version - 1) return conflict(ref);
    for (const ref of change.delete ?? []) if (this.#version(ref) !== ref.version) return conflict(ref);
    return undefined;
  }

  #version({ table, id }: RowRef): number {
    const found = this.#statements.version.get(table, id) as { version: number } | undefined;
    return found?.version ?? 0;
  }

  #drop(ids: readonly string[]): Outcome {
    for (const id of ids) this.#statements.drop.run(id);
    return { value: undefined };
  }

  #advance(before: number): void {
    this.#statements.meta.run(this.#position, 'position');
    if (Math.floor(before / PRUNE_EVERY) === Math.floor(this.#position / PRUNE_EVERY)) return;
    const pruned = this.#position - this.#keepChanges;
    if (pruned <= Number(this.#reads.meta('pruned'))) return;
    this.#statements.prune.run(pruned);
    this.#statements.meta.run(pruned, 'pruned');
  }
}

const conflict = ({ table, id }: RowRef): StoreError =>
  new StoreError('conflict', `row ${table} ${id} is no longer at the version that was read`);
