/** Random bytes for nonces, drawn in batches: one system call for hundreds of messages. */
import { randomFillSync } from 'node:crypto';

const POOL_SIZE = 8192;

export class RandomPool {
  readonly #pool = Buffer.alloc(POOL_SIZE);
  #at = POOL_SIZE;

  /** Fills `target[start..start + size)` with bytes that no other call gets. `size` is at most 8,192. */
  copy(target: Uint8Array, start: number, size: number): void {
    if (this.#at + size > POOL_SIZE) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    const end = this.#at + size;
    this.#pool.copy(target, start, this.#at, end);
    this.#pool.fill(0, this.#at, end);
    this.#at = end;
  }

  take(size: number): Buffer {
    const out = Buffer.allocUnsafe(size);
    this.copy(out, 0, size);
    return out;
  }
}
