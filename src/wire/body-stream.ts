/**
 * A request body that an operation reads as it arrives, once. The last chunk is followed by an error instead of
 * the end when the bytes are not those that the signature was made over: an operation that has read to the end
 * has read what was signed, and only then may it commit.
 */
import { createHash } from 'node:crypto';
import { ServiceError } from '../core/errors.ts';
import { bodyTooLarge } from './errors.ts';

/** A request body, however it is proved to be what was signed. */
export interface RequestBody extends AsyncIterable<Buffer> {
  /** True once the body was read to its end and is what was signed. */
  readonly verified: boolean;
}

export class BodyStream implements RequestBody {
  readonly #source: AsyncIterable<Buffer>;
  readonly #sha256: string;
  readonly #limit: number;
  #verified = false;

  /** `sha256` in hexadecimal, as declared and signed; `limit` in bytes. */
  constructor(source: AsyncIterable<Buffer>, sha256: string, limit: number) {
    this.#source = source;
    this.#sha256 = sha256;
    this.#limit = limit;
  }

  get verified(): boolean {
    return this.#verified;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of this.#source) {
      size += chunk.length;
      if (size > this.#limit) throw bodyTooLarge();
      hash.update(chunk);
      yield chunk;
    }
    if (hash.digest('hex') !== this.#sha256) {
      throw new ServiceError(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    }
    this.#verified = true;
  }
}
