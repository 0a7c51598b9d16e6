/**
 * Limit and Marker in, Truncated and NextMarker out. A marker names the listing it continues and the last
 * item that was given; it holds no secret, and one that does not fit is an InvalidMarkerException.
 */
import type { Place } from '../../core/ids.ts';
import { invalidMarker } from '../errors.ts';

export interface PageRequest {
  readonly Limit?: number | undefined;
  readonly Marker?: string | undefined;
}
export interface Page<T> {
  readonly items: readonly T[];
  readonly Truncated: boolean;
  readonly NextMarker?: string;
}

/** A listing of an account and Region, whose markers fit in no other. */
export const listingIn = ({ account, region }: Place, what: string): string =>
  `${what} of ${account} in ${region}`;

/** `fetch` is asked for one item more than fits, to know whether there are more. `keyOf` gives what orders them. */
export async function page<T>(
  listing: string,
  request: PageRequest,
  limits: { readonly default: number; readonly max: number },
  fetch: (after: string | undefined, limit: number) => Promise<readonly T[]> | readonly T[],
  keyOf: (item: T) => string,
): Promise<Page<T>> {
  const limit = Math.min(request.Limit ?? limits.default, limits.max);
  const after = request.Marker === undefined ? undefined : parseMarker(listing, request.Marker);
  const found = await fetch(after, limit + 1);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items, Truncated: false };
  return { items, Truncated: true, NextMarker: makeMarker(listing, keyOf(last)) };
}

/**
 * A page of a list at hand, which MUST be in ascending order of what `keyOf` gives: the next page begins after the
 * last item given, also where that has gone.
 */
export function pageOf<T>(
  list: readonly T[],
  listing: string,
  request: PageRequest,
  limits: { readonly default: number; readonly max: number },
  keyOf: (item: T) => string,
): Promise<Page<T>> {
  const after = (marker: string | undefined): readonly T[] =>
    marker === undefined ? list : list.filter((item) => keyOf(item) > marker);
  return page(listing, request, limits, (marker, limit) => after(marker).slice(0, limit), keyOf);
}

const makeMarker = (listing: string, last: string): string =>
  Buffer.from(JSON.stringify([listing, last])).toString('base64url');

function parseMarker(listing: string, marker: string): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(marker, 'base64url').toString());
    if (
      Array.isArray(parsed) &&
      parsed.length === 2 &&
      parsed[0] === listing &&
      typeof parsed[1] === 'string' &&
      // No id has anything else, and the store refuses it.
      parsed[1].isWellFormed() &&
      !parsed[1].includes('\0')
    )
      return parsed[1];
  } catch {
    // Falls through: not a marker of ours.
  }
  throw invalidMarker(`Invalid marker: ${marker}`);
}
