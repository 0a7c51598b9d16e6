/** Filters and pages of the listings. A token names its listing and the last item given, and holds no secret. */
import { invalidRequest } from '../errors.ts';

export type Filters = Readonly<Record<string, readonly string[]>> | undefined;

/** Whether an item passes: each filter given must name one of its values. Unknown filters are refused, not ignored. */
export function filter<T>(
  filters: Filters,
  known: Readonly<Record<string, (item: T) => string>>,
): (item: T) => boolean {
  const given = Object.entries(filters ?? {});
  for (const [name] of given)
    if (!Object.hasOwn(known, name))
      throw invalidRequest(`There is no filter ${name}: use ${Object.keys(known).join(', ')}.`);
  return (item) => given.every(([name, values]) => values.includes(known[name]?.(item) ?? ''));
}

export interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** Of a list at hand. A page begins after the last item given, also where that has gone meanwhile. */
export function pageOf<T>(
  items: readonly T[],
  listing: string,
  { MaxResults, NextToken }: PageRequest,
  most: number,
  keyOf: (item: T) => string,
): { readonly items: readonly T[]; readonly next: { readonly NextToken?: string } } {
  const last = NextToken === undefined ? undefined : parseToken(listing, NextToken);
  const from = last === undefined ? 0 : startAfter(items.map(keyOf), last);
  const limit = Math.min(MaxResults ?? most, most);
  const given = items.slice(from, from + limit);
  const end = given.at(-1);
  const more = from + limit < items.length && end !== undefined;
  return { items: given, next: more ? { NextToken: makeToken(listing, keyOf(end), from + limit) } : {} };
}

interface Last {
  readonly key: string;
  readonly position: number;
}

/** By the key; by the place where the item was, once it has gone. */
function startAfter(keys: readonly string[], { key, position }: Last): number {
  const at = keys.indexOf(key);
  return at === -1 ? Math.max(0, position - 1) : at + 1;
}

const makeToken = (listing: string, key: string, position: number): string =>
  Buffer.from(JSON.stringify([listing, key, position])).toString('base64url');

function parseToken(listing: string, token: string): Last {
  try {
    const [name, key, position] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    if (name === listing && typeof key === 'string' && Number.isSafeInteger(position))
      return { key, position: position as number };
  } catch {
    // Falls through: no token of ours.
  }
  throw invalidRequest('The NextToken is not one of this listing.');
}
