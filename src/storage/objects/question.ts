/** What GetObject and HeadObject have in common: what a request wants to know, and all of the answer but the content. */
import type { Manifest } from '../envelope/manifest.ts';
import type { Range } from '../envelope/reader.ts';
import { checksumReply } from './checks.ts';
import { notModified } from './conditions.ts';
import { encryptionReply } from './encryption.ts';
import { invalidArgument } from './errors.ts';
import { contentReply, metadataReply, overrideParameters } from './headers.ts';
import type { Understood } from './operation.ts';
import { parseRange } from './ranges.ts';
import type { S3Request } from './request.ts';
import type { Described } from './stored.ts';

export interface ObjectQuestion {
  readonly request: S3Request;
  readonly wantsChecksum: boolean;
  /** That of the whole object, so not with a part of it. */
  checksumReply(manifest: Manifest, status: number): readonly string[];
}

export const questionHeaders: Understood = { 'x-amz-checksum-mode': ['ENABLED'] };
export const questionParameters = [...overrideParameters, 'versionId'];
const OK = 200;

export function objectQuestion(request: S3Request): ObjectQuestion {
  requireNullVersion(request);
  const wantsChecksum = request.head.get('x-amz-checksum-mode') !== undefined;
  return {
    request,
    wantsChecksum,
    checksumReply: ({ checksum }, status) =>
      wantsChecksum && status === OK && checksum !== undefined ? checksumReply(checksum) : [],
  };
}

/** While versions do not exist, every object has the version `null`. */
export function requireNullVersion({ query }: S3Request): void {
  const version = query.get('versionId');
  if (version !== undefined && version !== 'null')
    throw invalidArgument('Invalid version id specified', 'versionId', version);
}

export interface ObjectReply {
  readonly status: number;
  readonly headers: readonly string[];
  readonly range: Range;
}

/** Throws the errors of conditions and ranges. */
export function objectReply({ request }: ObjectQuestion, { row, head: about }: Described): ObjectReply {
  const { head } = request;
  const { size, modified } = row.value;
  const { etag } = about;
  const tags = ['Last-Modified', new Date(modified).toUTCString(), 'ETag', `"${etag}"`];
  const whole = { start: 0, end: size };
  if (notModified(head, { etag, modified })) return { status: 304, headers: tags, range: whole };
  const range = parseRange(head.get('range'), size);
  const headers = [
    ...tags,
    'Accept-Ranges',
    'bytes',
    ...contentReply(about, request),
    ...metadataReply(about),
    ...encryptionReply(row.value),
  ];
  if (range === undefined) return { status: OK, headers, range: whole };
  headers.push('Content-Range', `bytes ${range.start}-${range.end - 1}/${size}`);
  return { status: 206, headers, range };
}
