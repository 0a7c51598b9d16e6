/**
 * Changes of one row wait for one another, in the order in which they came, so that a change that met another runs
 * again alone and is not met a third time. Within this process: other nodes are met at the commit.
 */
import type { RowRef } from '../store/contract.ts';
import type { RowsChange } from '../store/rows-contract.ts';
import { tooManyChanges } from './errors.ts';

/** Rows that one call holds, until it releases them all. */
export type HeldRows = Set<string>;

export class RowQueues {
  /** By held row: those who wait for it. */
  readonly #queues = new Map<string, (() => void)[]>();
  readonly #limit: number;

  /** `limit`: how many may wait for one row. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes the rows of a change, beside those that are held. Resolves with true when it had to wait, and so what was
   * read before may be old. Rejects when too many wait already: some rows may be held then.
   */
  async take(held: HeldRows, change: RowsChange): Promise<boolean> {
    const wanted = rowsOf(change);
    if (wanted.every((row) => held.has(row) || !this.#queues.has(row))) {
      for (const row of wanted) this.#hold(held, row);
      return false;
    }
    // Who waits holds only rows that come before the one waited for, so that no two wait for each other.
    const all = [...new Set([...held, ...wanted])].sort();
    this.release(held);
    for (const row of all) {
      if (this.#queues.has(row)) await this.#wait(row);
      this.#hold(held, row);
    }
    return true;
  }

  release(held: HeldRows): void {
    for (const row of held) {
      const next = this.#queues.get(row)?.shift();
      if (next === undefined) this.#queues.delete(row);
      else next();
    }
    held.clear();
  }

  #hold(held: HeldRows, row: string): void {
    held.add(row);
    if (!this.#queues.has(row)) this.#queues.set(row, []);
  }

  /** The row goes from its holder to the first who waits, without being free between. */
  #wait(row: string): Promise<void> {
    const queue = this.#queues.get(row) ?? [];
    if (queue.length >= this.#limit) throw tooManyChanges();
    return new Promise((resolve) => queue.push(resolve));
  }
}

function rowsOf({ put = [], delete: gone = [], expect = [] }: RowsChange): readonly string[] {
  return [...put, ...gone, ...expect].map(({ table, id }: RowRef) => `${table}/${id}`);
}
