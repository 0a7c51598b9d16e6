import type { Caller } from '../core/call.ts';
import type { HttpHead } from '../core/http-head.ts';
import type { Region } from '../core/ids.ts';

import type { ChunkSeed } from './sigv4/chunk-signatures.ts';

export interface Authenticated {
  readonly caller: Caller;
  readonly region: Region;
  /** Where the body comes in signed chunks: what the first of them continues. */
  readonly chunkSeed?: ChunkSeed;
}

/**
 * Finds who sent a request. `service` is the one that the request addresses, as in a credential scope.
 * `payloadHash` is the SHA-256 of the body in hexadecimal, or what a streamed body declares of itself and MUST turn out to be.
 * Throws a ServiceError, at once or as a rejection.
 */
export interface Authenticator {
  authenticate(head: HttpHead, service: string, payloadHash: string): Authenticated | Promise<Authenticated>;
}
