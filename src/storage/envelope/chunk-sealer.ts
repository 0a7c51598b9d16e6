/**
 * STREAM (Hoang, Reyhanitabar, Rogaway, Vizar 2015, "Online Authenticated-Encryption and its Nonce-Reuse
 * Misuse-Resistance", section 7) over chunks of 64 KiB. Takes plaintext in pieces of any size; a chunk is sealed only
 * once it is known whether more follows.
 */
import { Batch } from './batch.ts';
import { sealTo } from './gcm.ts';
import { CHUNK_SIZE, chunkNonce } from './layout.ts';

export class ChunkSealer {
  readonly #key: Uint8Array;
  readonly #pending = new Batch(CHUNK_SIZE);
  #index = 0;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Adds sealed bytes to `ready`. The piece is not needed afterwards. */
  push(piece: Buffer, ready: Batch): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#pending.size === CHUNK_SIZE) this.#seal(false, ready);
      const part = piece.subarray(at, at + CHUNK_SIZE - this.#pending.size);
      this.#pending.add(part);
      at += part.length;
    }
  }

  finish(ready: Batch): void {
    this.#seal(true, ready);
  }

  #seal(last: boolean, ready: Batch): void {
    sealTo((part) => ready.add(part), this.#key, chunkNonce(this.#index, last), this.#pending.bytes);
    this.#pending.clear();
    this.#index += 1;
  }
}
