/**
 * Canonical JSON as the journal hashes it: object keys in ascending order of their UTF-16 code units, no white
 * space, strings and numbers as ECMAScript's JSON.stringify writes them (RFC 8785, which differs only in
 * refusing lone surrogates; here they stay escaped, so that no request can make an event impossible to write).
 */
import type { Json } from '../core/json.ts';
import { BoundedCache } from './bounded-cache.ts';

export function canonicalJson(value: Json): string {
  return isSorted(value) ? JSON.stringify(value) : serialise(value);
}

/** Most values come with sorted keys, or with one key: those take the native serialiser. */
function isSorted(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (isList(value)) return value.every(isSorted);
  let previous: string | undefined;
  for (const key of Object.keys(value)) {
    if (previous !== undefined && key <= previous) return false;
    const member = value[key];
    if (member !== undefined && !isSorted(member)) return false;
    previous = key;
  }
  return true;
}

function serialise(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(serialise).join(',')}]`;
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) members.push(`${quoted.get(key)}:${serialise(member)}`);
  }
  return `{${members.join(',')}}`;
}

/** Member names come again and again; an encryption context can bring others. */
const quoted = new BoundedCache<string>(1024, (name) => JSON.stringify(name));

/** Array.isArray does not narrow readonly arrays. */
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
