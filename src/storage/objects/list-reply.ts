/** What ListObjects and ListObjectsV2 answer in the same way. */
import type { XmlElement } from '../../wire/rest-xml/xml.ts';
import { invalidArgument } from './errors.ts';
import type { Listing } from './listing.ts';
import { countParameter, type S3Request } from './request.ts';
import type { StoredBucket } from './rows.ts';
import type { S3 } from './s3.ts';
import { describe } from './stored.ts';

export interface ListParameters {
  readonly prefix: string;
  readonly delimiter: string;
  readonly most: number;
  readonly encoding: 'url' | undefined;
}

export const listParameters = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];
const MOST = 1000;

export function parseList(request: S3Request): ListParameters {
  const encoding = request.query.get('encoding-type');
  if (encoding !== undefined && encoding !== 'url')
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encoding);
  return {
    prefix: textParameter(request, 'prefix'),
    delimiter: textParameter(request, 'delimiter'),
    most: countParameter(request, 'max-keys', MOST),
    encoding,
  };
}

/** What an id of a row can begin with. */
export function textParameter({ query }: S3Request, name: string): string {
  const text = query.get(name) ?? '';
  if (!text.isWellFormed() || text.includes('\0') || Buffer.byteLength(text) > 1024)
    throw invalidArgument(`Argument ${name} is no beginning of a key`, name, '');
  return text;
}

/** As S3 does it: like a path, but `/` too where it is no separator of one stays as it is. */
export const encoderOf = (encoding: 'url' | undefined): ((text: string) => string) =>
  encoding === undefined
    ? (text) => text
    : (text) =>
        encodeURIComponent(text)
          .replaceAll('%2F', '/')
          .replaceAll(/[!'()*]/g, percent);

const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

export async function listReply(
  { prefix, delimiter, most, encoding }: ListParameters,
  { entries, truncated }: Listing,
  bucket: StoredBucket,
  owner: boolean,
  s3: S3,
): Promise<XmlElement> {
  const encode = encoderOf(encoding);
  const Contents: XmlElement[] = [];
  const CommonPrefixes: XmlElement[] = [];
  for (const { key, row } of entries) {
    if (row === undefined) {
      CommonPrefixes.push({ Prefix: encode(key) });
      continue;
    }
    const { head } = await describe(bucket, key, row, s3);
    Contents.push({
      Key: encode(key),
      LastModified: new Date(row.value.modified).toISOString(),
      ETag: `"${head.etag}"`,
      Size: String(row.value.size),
      ...(owner && { Owner: { ID: bucket.value.account } }),
      StorageClass: 'STANDARD',
    });
  }
  return {
    Name: bucket.id,
    Prefix: encode(prefix),
    ...(delimiter !== '' && { Delimiter: encode(delimiter) }),
    MaxKeys: String(most),
    ...(encoding !== undefined && { EncodingType: encoding }),
    IsTruncated: String(truncated),
    Contents,
    CommonPrefixes,
  };
}
