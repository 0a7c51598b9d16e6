/**
 * A map that keeps what was used lately, in two generations: what is found in the old one moves to the young one, and
 * when that has half of what the map may hold, the old one is forgotten. That is nearly least-recently-used, and a hit
 * costs one look-up.
 */
export interface RecentLimits<V> {
  /** Held at most. */
  readonly entries: number;
  /** Held at most in the measure of `sizeOf`, but for one entry that alone is larger. */
  readonly size?: number;
  /** MUST answer the same for the same value. */
  readonly sizeOf?: (value: V) => number;
}

const uncounted = (): number => 0;

export class Recent<V> {
  readonly #entries: number;
  readonly #room: number;
  readonly #sizeOf: (value: V) => number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  /** Of the young generation. */
  #held = 0;

  constructor({ entries, size = Number.POSITIVE_INFINITY, sizeOf = uncounted }: RecentLimits<V>) {
    this.#entries = Math.max(1, Math.floor(entries / 2));
    this.#room = size / 2;
    this.#sizeOf = sizeOf;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: V): void {
    this.delete(key);
    const size = this.#sizeOf(value);
    if (this.#young.size >= this.#entries || (this.#held + size > this.#room && this.#young.size > 0)) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#held = 0;
    }
    this.#young.set(key, value);
    this.#held += size;
  }

  delete(key: string): void {
    const young = this.#young.get(key);
    if (young !== undefined) this.#held -= this.#sizeOf(young);
    this.#young.delete(key);
    this.#old.delete(key);
  }

  deleteWhere(matches: (value: V) => boolean): void {
    for (const generation of [this.#young, this.#old]) {
      for (const [key, value] of generation) if (matches(value)) this.delete(key);
    }
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#held = 0;
  }
}
