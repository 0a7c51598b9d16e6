/** A request of S3, taken apart: which bucket and object its path names, and its query. */
import type { HttpHead } from '../../core/http-head.ts';
import type { Payload } from '../../wire/rest-xml/payload.ts';
import { invalidArgument } from './errors.ts';
import { decodeKey } from './names.ts';

export interface Named {
  /** Empty when the path names none. */
  readonly bucket: string;
  /** As sent; empty when the path names none. */
  readonly encodedKey: string;
  readonly query: ReadonlyMap<string, string>;
}

export interface S3Request extends Named {
  readonly head: HttpHead;
  readonly key: string;
  /** Of operations with a document, of at most some MiB. */
  readonly body: Buffer;
  /** Of operations with an object. */
  readonly payload: Payload | undefined;
}

export function nameOf(head: HttpHead): Named {
  const [, bucket = '', ...rest] = head.path.split('/');
  return { bucket, encodedKey: rest.join('/'), query: parseQuery(head.query) };
}

/** The first value of each parameter; percent escapes that are none stay. `+` is a space, as in a form. */
function parseQuery(query: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (query === '') return found;
  for (const [name, value] of new URLSearchParams(query)) if (!found.has(name)) found.set(name, value);
  return found;
}

export const requestOf = (
  head: HttpHead,
  named: Named,
  { body = Buffer.alloc(0), payload }: { readonly body?: Buffer; readonly payload?: Payload },
): S3Request => ({ ...named, head, key: decodeKey(named.encodedKey), body, payload });

/** A whole number from 0 to 2^31 - 1; values above `most` count as it. */
export function countParameter(request: Named, name: string, most: number): number {
  const text = request.query.get(name);
  if (text === undefined || text === '') return most;
  if (!/^[0-9]{1,10}$/.test(text) || Number(text) > 2 ** 31 - 1)
    throw invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`, name, text);
  return Math.min(Number(text), most);
}
