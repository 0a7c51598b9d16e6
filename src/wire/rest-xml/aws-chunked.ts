/**
 * The content coding aws-chunked: `<hex size>[;chunk-signature=<hex>]\r\n<data>\r\n`, ended by a chunk of size 0, then
 * trailing headers and an empty line ("Signature calculations ... transferring payload in multiple chunks"). Data is
 * passed on as it comes: whoever reads to the end has read what was signed, and only then may act on it.
 */
import { createHash, type Hash, hash } from 'node:crypto';
import type { ChunkSignatures } from '../../identity/sigv4/chunk-signatures.ts';
import { incompleteBody, RestXmlError } from './error.ts';

export interface ChunkedForm {
  /** Where chunks are signed. */
  readonly signatures?: ChunkSignatures;
  /** The name of the one trailing header that was announced. */
  readonly trailer?: string;
}

const LINE_MAX = 4096;
const SIZE = /^([0-9a-fA-F]{1,13})(?:;chunk-signature=([0-9a-f]{64}))?$/;
const LF = 10;
const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

type State = 'size' | 'data' | 'data-end' | 'trailer' | 'end';

export class ChunkedDecoder {
  readonly #form: ChunkedForm;
  /** Trailing headers by name in lower case, once the end was reached. */
  readonly trailers = new Map<string, string>();
  #state: State = 'size';
  #line: Buffer[] = [];
  #lineSize = 0;
  /** Of the chunk's data that is still to come. */
  #left = 0;
  #signature = '';
  #hash: Hash | undefined;

  constructor(form: ChunkedForm) {
    this.#form = form;
  }

  /** The data in these bytes. Throws RestXmlError. */
  *push(bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#state === 'end') throw malformed('goes on after its end');
      if (this.#state === 'data') {
        const data = bytes.subarray(at, at + this.#left);
        at += data.length;
        this.#left -= data.length;
        this.#hash?.update(data);
        if (this.#left === 0) this.#state = 'data-end';
        yield data;
      } else at = this.#readLine(bytes, at);
    }
  }

  /** Throws when the last chunk or its trailing headers did not come. */
  finish(): void {
    if (this.#state !== 'end') throw incompleteBody();
  }

  /** Where the line ends, after these bytes or in them. */
  #readLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(LF, at);
    const part = bytes.subarray(at, end === -1 ? bytes.length : end);
    this.#line.push(part);
    this.#lineSize += part.length;
    if (this.#lineSize > LINE_MAX) throw malformed('has a line that is too long');
    if (end === -1) return bytes.length;
    const line = Buffer.concat(this.#line).toString('latin1');
    this.#line = [];
    this.#lineSize = 0;
    this.#takeLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    return end + 1;
  }

  #takeLine(line: string): void {
    switch (this.#state) {
      case 'size':
        this.#beginChunk(line);
        break;
      case 'data-end':
        // Some signers count a line feed of their own to the data's end; it is not data.
        if (line !== '') throw malformed('has a chunk that is longer than it says');
        this.#endChunk();
        this.#state = 'size';
        break;
      default:
        this.#takeTrailer(line);
    }
  }

  #beginChunk(line: string): void {
    const [, size, signature] = SIZE.exec(line) ?? [];
    const { signatures } = this.#form;
    if (size === undefined || (signature !== undefined) !== (signatures !== undefined))
      throw malformed('has a chunk without a proper size or signature');
    this.#left = Number.parseInt(size, 16);
    this.#signature = signature ?? '';
    if (signatures !== undefined) this.#hash = createHash('sha256');
    if (this.#left > 0) this.#state = 'data';
    else {
      this.#endChunk();
      this.#state = 'trailer';
    }
  }

  #endChunk(): void {
    const { signatures } = this.#form;
    if (signatures === undefined || this.#hash === undefined) return;
    if (!signatures.chunk(this.#hash.digest('hex'), this.#signature)) throw notSigned();
  }

  #takeTrailer(line: string): void {
    if (line === '') {
      // Some signers put a line feed and an empty line before the signature.
      const more = this.#form.signatures && this.trailers.size === 1 && !this.trailers.has(TRAILER_SIGNATURE);
      if (!more) this.#endTrailers();
      return;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    const known = name === this.#form.trailer || name === TRAILER_SIGNATURE;
    if (colon < 1 || !known || this.trailers.has(name))
      throw malformed('has a trailing header that was not announced');
    this.trailers.set(name, line.slice(colon + 1).trim());
  }

  #endTrailers(): void {
    const { signatures, trailer } = this.#form;
    const signature = this.trailers.get(TRAILER_SIGNATURE);
    const value = trailer === undefined ? undefined : this.trailers.get(trailer);
    if (trailer !== undefined && value === undefined)
      throw malformed('lacks the trailing header that it announced');
    const signs = signatures !== undefined && trailer !== undefined;
    if (signs !== (signature !== undefined))
      throw malformed('has no proper signature of its trailing headers');
    if (signs && !signatures.trailer(hash('sha256', `${trailer}:${value}\n`, 'hex'), signature ?? ''))
      throw notSigned();
    this.#state = 'end';
  }
}

const malformed = (what: string): RestXmlError =>
  new RestXmlError(400, 'InvalidRequest', `The aws-chunked body ${what}.`);
const notSigned = (): RestXmlError =>
  new RestXmlError(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. ' +
      'Check your key and signing method.',
  );
