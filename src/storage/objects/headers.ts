/** Headers that are kept with an object and given back (S3 user guide, "Object metadata"). */
import type { HttpHead } from '../../core/http-head.ts';
import type { ObjectHead } from '../envelope/bucket-key.ts';
import { metadataTooLarge } from './errors.ts';
import type { S3Request } from './request.ts';

/** As they are spelled in answers. */
const kept = [
  'Content-Type',
  'Cache-Control',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Expires',
] as const;
const META = 'x-amz-meta-';
const METADATA_BYTES = 2048;
const DEFAULT_TYPE = 'binary/octet-stream';

export type KeptHeaders = Pick<ObjectHead, 'headers' | 'metadata'>;

export function keptHeaders(head: HttpHead): KeptHeaders {
  const headers: Record<string, string> = {};
  for (const name of kept.map((each) => each.toLowerCase())) {
    const value = head.get(name);
    const clean = name === 'content-encoding' && value !== undefined ? withoutChunked(value) : value;
    if (clean !== undefined && clean !== '') headers[name] = clean;
  }
  headers['content-type'] ??= DEFAULT_TYPE;
  return { headers, metadata: metadataOf(head) };
}

/** aws-chunked is how the body came, and no part of the object. */
const withoutChunked = (encoding: string): string =>
  encoding
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== 'aws-chunked' && each !== '')
    .join(',');

/** Values of one name are joined, as HTTP does. */
function metadataOf(head: HttpHead): Record<string, string> {
  const metadata: Record<string, string> = {};
  let size = 0;
  for (const [i, name] of head.names.entries()) {
    if (!name.startsWith(META)) continue;
    const [own, value] = [name.slice(META.length), (head.values[i] ?? '').trim()];
    metadata[own] = Object.hasOwn(metadata, own) ? `${metadata[own]},${value}` : value;
    size += own.length + value.length;
  }
  if (size > METADATA_BYTES) throw metadataTooLarge();
  return metadata;
}

export const metadataReply = ({ metadata }: KeptHeaders): readonly string[] =>
  Object.entries(metadata).flatMap(([name, value]) => [META + name, value]);

const overrides = kept.map((name) => [name, `response-${name.toLowerCase()}`] as const);
export const overrideParameters = overrides.map(([, parameter]) => parameter);

/** In a value of the query, for which header fields have no place. */
const CONTROL = /[^\t\x20-\x7e\x80-\xff]/;

/** The kept headers, or what the request wants in their place. */
export function contentReply(
  { headers }: KeptHeaders,
  { query }: Pick<S3Request, 'query'>,
): readonly string[] {
  return overrides.flatMap(([name, parameter]) => {
    const wanted = query.get(parameter);
    const value = wanted !== undefined && !CONTROL.test(wanted) ? wanted : headers[name.toLowerCase()];
    return value === undefined ? [] : [name, value];
  });
}
