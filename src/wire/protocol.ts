/**
 * What a protocol gives the pipeline: it names the operation that a request means, reads its input and writes
 * its answer. Everything between is the same for all protocols.
 */
import type { ServiceError } from '../core/errors.ts';
import type { HttpHead } from '../core/http-head.ts';
import type { Authenticator } from '../identity/authenticator.ts';
import type { RequestBody } from './body-stream.ts';
import type { BoundOperation, Fields } from './services.ts';

/** What is answered. */
export interface Answered {
  readonly head: HttpHead;
  readonly requestId: string;
}

export interface Reply {
  readonly status: number;
  /** Absent with an empty body. */
  readonly contentType?: string;
  /** The text, or what makes it of the request that it answers. */
  readonly body: string | ((answered: Answered) => string);
  /** Names and values in turn. */
  readonly headers?: readonly string[];
  /** The name under which the request's id goes out, where it is not `x-amzn-RequestId`. */
  readonly requestIdHeader?: string;
  /** In the place of `body`. */
  readonly stream?: ReplyStream;
}

/** A body that is not text. MUST be closed, whether or not all of it was taken. */
export interface ReplyStream {
  /** Bytes that all chunks have together; of an answer to HEAD, those that GET would have. */
  readonly length: number;
  readonly chunks: readonly Buffer[] | AsyncIterable<readonly Buffer[]>;
  /** Takes back the memory of a chunk of an iterable that was sent. */
  readonly sent?: (chunk: Buffer) => void;
  close(): Promise<void>;
}

interface RouteTo {
  readonly bound: BoundOperation;
  /** Bytes. */
  readonly bodyLimit: number;
  encode(output: unknown): Reply;
}
/** The body is read before the signature is checked over it. */
export interface BufferedRoute extends RouteTo {
  readonly streamed: false;
  decode(head: HttpHead, body: Buffer): Fields;
  /** What the signature was made over, where it is not the SHA-256 of the body. */
  payloadHash?(head: HttpHead, body: Buffer): string;
}
/** The signature covers what `x-amz-content-sha256` declares; the body is checked as the operation reads it. */
export interface StreamedRoute extends RouteTo {
  readonly streamed: true;
  /** Throws ServiceError when the request declares no body that can be read. */
  body(head: HttpHead, source: AsyncIterable<Buffer>): RequestBody;
  decode(head: HttpHead, body: RequestBody): Fields;
}
export type Route = BufferedRoute | StreamedRoute;

export interface Protocol {
  readonly authenticator: Authenticator;
  /** undefined when the request is of another protocol; a ServiceError when it names nothing that there is. */
  route(head: HttpHead): Route | ServiceError | undefined;
  errorReply(error: ServiceError): Reply;
}
