import type { Caller } from '../core/call.ts';
import type { HttpHead } from '../core/http-head.ts';
import type { Region } from '../core/ids.ts';

export interface Authenticated {
  readonly caller: Caller;
  readonly region: Region;
}

/**
 * Finds who sent a request. `service` is the one that the request addresses, as in a credential scope.
 * `payloadHash` is the SHA-256 of the body in hexadecimal, or what a streamed body MUST turn out to have.
 * Throws a ServiceError, at once or as a rejection.
 */
export interface Authenticator {
  authenticate(head: HttpHead, service: string, payloadHash: string): Authenticated | Promise<Authenticated>;
}
