/**
 * STREAM (Hoang, Reyhanitabar, Rogaway, Vizar 2015, "Online Authenticated-Encryption and its Nonce-Reuse
 * Misuse-Resistance", section 7) over chunks of 64 KiB. Takes plaintext in pieces of any size; a chunk is sealed only
 * once it is known whether more follows.
 */
import type { Batch } from './batch.ts';
import { sealPieces } from './gcm.ts';
import { CHUNK_SIZE, chunkNonce } from './layout.ts';

/** More pieces than this for one chunk are joined, so that a client that sends single bytes costs no more than others. */
const MAX_PIECES = 32;

export class ChunkSealer {
  readonly #key: Uint8Array;
  #index = 0;
  #pending: Buffer[] = [];
  #size = 0;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Adds sealed bytes to `ready`; the piece MUST NOT change until its chunk is sealed. */
  push(piece: Buffer, ready: Batch): void {
    if (piece.length === 0) return;
    this.#pending.push(piece);
    this.#size += piece.length;
    while (this.#size > CHUNK_SIZE) this.#seal(this.#take(), false, ready);
    if (this.#pending.length > MAX_PIECES) this.#pending = [Buffer.concat(this.#pending)];
  }

  finish(ready: Batch): void {
    this.#seal(this.#pending, true, ready);
    this.#pending = [];
  }

  #seal(pieces: readonly Buffer[], last: boolean, ready: Batch): void {
    sealPieces(this.#key, chunkNonce(this.#index, last), pieces, (part) => ready.add(part));
    this.#index += 1;
  }

  /** The pieces of one whole chunk. */
  #take(): readonly Buffer[] {
    let room = CHUNK_SIZE;
    let whole = 0;
    for (; whole < this.#pending.length; whole++) {
      const { length } = this.#pending[whole] as Buffer;
      if (length > room) break;
      room -= length;
    }
    const taken = this.#pending.splice(0, whole);
    const split = this.#pending[0];
    if (room > 0 && split !== undefined) {
      taken.push(split.subarray(0, room));
      this.#pending[0] = split.subarray(room);
    }
    this.#size -= CHUNK_SIZE;
    return taken;
  }
}
