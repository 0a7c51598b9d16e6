/** Bytes that gather to be written at once, in memory that is used again for the next. */

const SMALL = 8 * 1024;

export class Batch {
  readonly #usual: number;
  #memory: Buffer;
  #size = 0;

  /** `usual`: how many bytes it takes before it has to grow, unless a small object ends before. */
  constructor(usual: number) {
    this.#usual = usual;
    this.#memory = Buffer.allocUnsafe(SMALL);
  }

  get size(): number {
    return this.#size;
  }

  /** Until it is cleared. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#size);
  }

  /** Takes a copy. */
  add(bytes: Uint8Array): void {
    const size = this.#size + bytes.length;
    if (size > this.#memory.length) this.#grow(size);
    this.#memory.set(bytes, this.#size);
    this.#size = size;
  }

  clear(): void {
    this.#size = 0;
  }

  #grow(size: number): void {
    const grown = Buffer.allocUnsafeSlow(size <= this.#usual ? this.#usual : 2 * size);
    grown.set(this.bytes);
    this.#memory = grown;
  }
}
