/**
 * What a protocol gives the pipeline: it names the operation that a request means, reads its input and writes
 * its answer. Everything between is the same for all protocols.
 */
import type { ServiceError } from '../core/errors.ts';
import type { HttpHead } from '../core/http-head.ts';
import type { Authenticator } from '../identity/authenticator.ts';
import type { BodyStream } from './body-stream.ts';
import type { BoundOperation, Fields } from './services.ts';

export interface Reply {
  readonly status: number;
  /** Absent with an empty body. */
  readonly contentType?: string;
  readonly body: string;
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
}
/** The signature covers a declared hash; the body is checked against it as the operation reads it. */
export interface StreamedRoute extends RouteTo {
  readonly streamed: true;
  decode(head: HttpHead, body: BodyStream): Fields;
}
export type Route = BufferedRoute | StreamedRoute;

export interface Protocol {
  readonly authenticator: Authenticator;
  /** undefined when the request is of another protocol; a ServiceError when it names nothing that there is. */
  route(head: HttpHead): Route | ServiceError | undefined;
  errorReply(error: ServiceError): Reply;
}
