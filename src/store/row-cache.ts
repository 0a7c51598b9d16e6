/**
 * The cached rows of one table, in two generations: a row found in the old one moves to the new one, and when the
 * new one has half of the limit the old one is dropped. That is nearly least-recently-used, and a hit costs one
 * Map lookup.
 */
import type { Stored } from './rows-contract.ts';

export class RowCache {
  readonly #half: number;
  #recent = new Map<string, Stored<unknown>>();
  #old = new Map<string, Stored<unknown>>();

  /** `limit`: rows held at most. */
  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2));
  }

  get size(): number {
    return this.#recent.size + this.#old.size;
  }

  get(id: string): Stored<unknown> | undefined {
    const found = this.#recent.get(id);
    if (found !== undefined) return found;
    const aged = this.#old.get(id);
    if (aged !== undefined) this.set(aged);
    return aged;
  }

  set(row: Stored<unknown>): void {
    this.#old.delete(row.id);
    if (this.#recent.size >= this.#half && !this.#recent.has(row.id)) {
      this.#old = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(row.id, row);
  }

  delete(id: string): void {
    this.#recent.delete(id);
    this.#old.delete(id);
  }

  clear(): void {
    this.#recent = new Map();
    this.#old = new Map();
  }
}
