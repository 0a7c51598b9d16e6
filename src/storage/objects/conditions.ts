/** Conditional requests (RFC 9110, section 13), in the order of its section 13.2.2. */
import type { HttpHead } from '../../core/http-head.ts';
import { preconditionFailed } from './errors.ts';

interface State {
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

const listed = (header: string, etag: string): boolean =>
  header.split(',').some((each) => {
    const tag = each.trim().replace(/^W\//, '');
    return tag === '*' || tag === etag || tag === `"${etag}"`;
  });

/** Last-Modified has no parts of a second. */
const seconds = (ms: number): number => Math.floor(ms / 1000);
const dateOf = (text: string | undefined): number =>
  text === undefined ? Number.NaN : seconds(Date.parse(text));

/** True when the client has what it asks for: 304. Throws PreconditionFailed. */
export function notModified(head: HttpHead, { etag, modified }: State): boolean {
  const [match, noneMatch] = [head.get('if-match'), head.get('if-none-match')];
  if (match !== undefined) {
    if (!listed(match, etag)) throw preconditionFailed('If-Match');
  } else if (seconds(modified) > dateOf(head.get('if-unmodified-since'))) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (noneMatch !== undefined) return listed(noneMatch, etag);
  return seconds(modified) <= dateOf(head.get('if-modified-since'));
}

/** Of a write: `etag` of what is there. Throws PreconditionFailed. */
export function checkWrite(
  { ifMatch, ifNoneMatch }: WriteConditions,
  etag: string | undefined,
  absent: () => Error,
): void {
  if (ifNoneMatch !== undefined && etag !== undefined) throw preconditionFailed('If-None-Match');
  if (ifMatch === undefined) return;
  if (etag === undefined) throw absent();
  if (!listed(ifMatch, etag)) throw preconditionFailed('If-Match');
}

export interface WriteConditions {
  readonly ifMatch?: string;
  /** Only `*`: nothing may be there. */
  readonly ifNoneMatch?: '*';
}
