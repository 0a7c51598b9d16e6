/** The forms in which S3 takes a body, by what `x-amz-content-sha256` says ("Authenticating requests"). */
import type { HttpHead } from '../../core/http-head.ts';
import { type ChunkSeed, ChunkSignatures, SIGNED_CHUNKS } from '../../identity/sigv4/chunk-signatures.ts';
import { isPresigned } from '../../identity/sigv4/presigned.ts';
import { BodyStream, type RequestBody } from '../body-stream.ts';
import { bodyTooLarge } from '../errors.ts';
import { ChunkedDecoder, type ChunkedForm } from './aws-chunked.ts';
import { incompleteBody, RestXmlError } from './error.ts';

export interface Payload extends RequestBody {
  /** As announced: bytes of the data alone. */
  readonly length: number;
  /** Trailing headers, by name in lower case, once the end was reached. */
  readonly trailers: ReadonlyMap<string, string>;
  /** The trailing header that was announced. */
  readonly trailer: string | undefined;
}

const UNSIGNED = 'UNSIGNED-PAYLOAD';
const DECODED_LENGTH = 'x-amz-decoded-content-length';
const HEX_SHA256 = /^[0-9a-f]{64}$/;
const forms: ReadonlyMap<string, { readonly signed: boolean; readonly trailer: boolean }> = new Map([
  [SIGNED_CHUNKS, { signed: true, trailer: false }],
  [`${SIGNED_CHUNKS}-TRAILER`, { signed: true, trailer: true }],
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', { signed: false, trailer: true }],
]);

/** `seed` is asked once the request is authenticated. Throws RestXmlError when the body is of no form that is known. */
export function openPayload(
  head: HttpHead,
  source: AsyncIterable<Buffer>,
  limit: number,
  seed: () => ChunkSeed | undefined,
): Payload {
  const declared = declaredHash(head);
  const form = forms.get(declared);
  const length = announcedLength(head, form === undefined ? 'content-length' : DECODED_LENGTH);
  if (length > limit) throw bodyTooLarge();
  const trailer = head.get('x-amz-trailer')?.trim().toLowerCase();
  if (form === undefined) {
    if (trailer !== undefined || /\baws-chunked\b/.test(head.get('content-encoding') ?? ''))
      throw invalid('A body in aws-chunked must be declared as one of the STREAMING forms.');
    const body = declared === UNSIGNED ? new UnsignedBody(source) : new BodyStream(source, declared, limit);
    return new PlainPayload(body, length);
  }
  if (trailer !== undefined && !form.trailer)
    throw invalid('x-amz-trailer needs one of the STREAMING-...-TRAILER forms.');
  return new ChunkedPayload(source, length, trailer, () => ({
    ...(trailer !== undefined && { trailer }),
    ...(form.signed && { signatures: new ChunkSignatures(mustHave(seed())) }),
  }));
}

export function declaredHash(head: HttpHead): string {
  const declared = head.get('x-amz-content-sha256');
  if (declared === undefined && isPresigned(head)) return UNSIGNED;
  if (declared === undefined) throw invalid('Missing required header for this request: x-amz-content-sha256');
  if (declared.startsWith('STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD'))
    throw new RestXmlError(501, 'NotImplemented', 'Signatures of version 4A are not supported.');
  if (declared === UNSIGNED || forms.has(declared) || HEX_SHA256.test(declared)) return declared;
  throw new RestXmlError(
    400,
    'InvalidArgument',
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, ' +
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
    { elements: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: declared } },
  );
}

function announcedLength(head: HttpHead, name: string): number {
  const text = head.get(name);
  if (text === undefined)
    throw new RestXmlError(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  if (!/^[0-9]{1,15}$/.test(text)) throw invalid(`${name} must be a number of bytes.`);
  return Number(text);
}

const invalid = (message: string): RestXmlError => new RestXmlError(400, 'InvalidRequest', message);

function mustHave(seed: ChunkSeed | undefined): ChunkSeed {
  if (seed === undefined) throw invalid('A URL that is signed in its query takes no signed chunks.');
  return seed;
}

const NO_TRAILERS: ReadonlyMap<string, string> = new Map();

/** Whose bytes nobody signed: the whole request was, and a checksum may be given. */
class UnsignedBody implements RequestBody {
  readonly #source: AsyncIterable<Buffer>;
  verified = false;
  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source;
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    yield* this.#source;
    this.verified = true;
  }
}

class PlainPayload implements Payload {
  readonly length: number;
  readonly trailers = NO_TRAILERS;
  readonly trailer = undefined;
  readonly #body: RequestBody;
  constructor(body: RequestBody, length: number) {
    this.#body = body;
    this.length = length;
  }
  get verified(): boolean {
    return this.#body.verified;
  }
  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return this.#body[Symbol.asyncIterator]();
  }
}

class ChunkedPayload implements Payload {
  readonly length: number;
  readonly trailer: string | undefined;
  verified = false;
  trailers = NO_TRAILERS;
  readonly #source: AsyncIterable<Buffer>;
  readonly #form: () => ChunkedForm;

  constructor(
    source: AsyncIterable<Buffer>,
    length: number,
    trailer: string | undefined,
    form: () => ChunkedForm,
  ) {
    this.#source = source;
    this.length = length;
    this.trailer = trailer;
    this.#form = form;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const decoder = new ChunkedDecoder(this.#form());
    let size = 0;
    for await (const bytes of this.#source) {
      for (const data of decoder.push(bytes)) {
        size += data.length;
        if (size > this.length) throw incompleteBody(DECODED_LENGTH);
        yield data;
      }
    }
    decoder.finish();
    if (size !== this.length) throw incompleteBody(DECODED_LENGTH);
    this.trailers = decoder.trailers;
    this.verified = true;
  }
}
