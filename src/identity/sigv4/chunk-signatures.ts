/**
 * Signatures of the chunks of a streamed body ("Signature calculations for the authorization header: transferring
 * payload in multiple chunks"): each covers the one before it, and the first that of the request.
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

/** Of `x-amz-content-sha256`, where each chunk of the body is signed; with trailing headers it goes on. */
export const SIGNED_CHUNKS = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';

/** Of the request whose body comes in chunks. */
export interface ChunkSeed {
  readonly key: KeyObject;
  /** Hexadecimal. */
  readonly signature: string;
  /** YYYYMMDDTHHMMSSZ. */
  readonly time: string;
  readonly scope: string;
}

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export class ChunkSignatures {
  readonly #seed: ChunkSeed;
  #previous: string;

  constructor(seed: ChunkSeed) {
    this.#seed = seed;
    this.#previous = seed.signature;
  }

  /** `sha256` of the chunk's data, hexadecimal. */
  chunk(sha256: string, signature: string): boolean {
    return this.#next(`AWS4-HMAC-SHA256-PAYLOAD\n${this.#place()}\n${EMPTY}\n${sha256}`, signature);
  }

  /** `sha256` of the trailing headers, each as `name:value` and a line feed. */
  trailer(sha256: string, signature: string): boolean {
    return this.#next(`AWS4-HMAC-SHA256-TRAILER\n${this.#place()}\n${sha256}`, signature);
  }

  #place(): string {
    return `${this.#seed.time}\n${this.#seed.scope}\n${this.#previous}`;
  }

  #next(text: string, signature: string): boolean {
    const expected = createHmac('sha256', this.#seed.key).update(text).digest();
    const given = Buffer.alloc(expected.length);
    const whole =
      signature.length === 2 * expected.length && given.write(signature, 'hex') === expected.length;
    this.#previous = signature;
    return timingSafeEqual(expected, given) && whole;
  }
}
