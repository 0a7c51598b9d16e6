/**
 * One table's cache, kept right while loads and commits of a row overlap. A load that began before a change of its
 * row may bring the old version: its result goes to those who asked before the change, and never into the cache.
 * Where the order of two changes cannot be known here, the row is forgotten and read again.
 */
import { Recent } from '../core/recent.ts';
import type { SizedRow } from './row-content.ts';
import type { Stored } from './rows-contract.ts';

type Found = Stored<unknown> | undefined;

export interface CacheLimits {
  /** Rows, and bytes of their content, held at most. */
  readonly rows: number;
  readonly bytes: number;
}
interface Load {
  result?: Promise<Found>;
  /** No change of the row is known to have come after the load began. */
  fresh: boolean;
}
interface Writing {
  commits: number;
  /** Something else changed the row meanwhile. */
  crossed: boolean;
}

export class RowTable {
  readonly #cache: Recent<SizedRow>;
  readonly #loads = new Map<string, Load>();
  readonly #writing = new Map<string, Writing>();

  constructor({ rows, bytes }: CacheLimits) {
    this.#cache = new Recent({ entries: rows, size: bytes, sizeOf: ({ size }) => size });
  }

  peek(id: string): Found {
    return this.#cache.get(id)?.row;
  }

  /** From the cache, from a load that runs, or by `read`. */
  get(id: string, read: () => Promise<SizedRow | undefined>): Promise<Found> {
    const cached = this.peek(id);
    if (cached) return Promise.resolve(cached);
    const running = this.#loads.get(id);
    if (running?.result) return running.result;
    const load: Load = { fresh: true };
    this.#loads.set(id, load);
    load.result = this.#load(id, load, read);
    return load.result;
  }

  /** The row is no longer known: a load that runs now may be too early. */
  forget(id: string): void {
    this.#cache.delete(id);
    this.#staleLoad(id);
    const writing = this.#writing.get(id);
    if (writing) writing.crossed = true;
  }

  forgetAll(): void {
    this.#cache.clear();
    for (const id of [...this.#loads.keys(), ...this.#writing.keys()]) this.forget(id);
  }

  /** Word from the change feed that the row is at `version` (0: deleted), or was on its way to a later one. */
  changed(id: string, version: number): void {
    const cached = this.peek(id);
    if (cached && version !== 0 && cached.version >= version) return;
    this.forget(id);
  }

  /** Before a commit that writes or deletes the row; each MUST be followed by `commitEnds`. */
  commitBegins(id: string): void {
    const writing = this.#writing.get(id);
    if (!writing) {
      this.#writing.set(id, { commits: 1, crossed: false });
      return;
    }
    writing.commits += 1;
    writing.crossed = true;
  }

  /** `now` is what the commit made of the row: undefined when deleted, or when the commit did not succeed. */
  commitEnds(id: string, now: SizedRow | undefined): void {
    const writing = this.#writing.get(id);
    const crossed = writing?.crossed ?? true;
    if (writing) writing.commits -= 1;
    if (writing?.commits === 0) this.#writing.delete(id);
    this.#staleLoad(id);
    if (now && !crossed) this.#cache.set(id, now);
    else this.#cache.delete(id);
  }

  async #load(id: string, load: Load, read: () => Promise<SizedRow | undefined>): Promise<Found> {
    try {
      const found = await read();
      if (found && load.fresh) this.#cache.set(id, found);
      return found?.row;
    } finally {
      if (this.#loads.get(id) === load) this.#loads.delete(id);
    }
  }

  #staleLoad(id: string): void {
    const load = this.#loads.get(id);
    if (!load) return;
    load.fresh = false;
    this.#loads.delete(id);
  }
}
