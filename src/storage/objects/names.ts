/** Names of buckets and objects (S3 user guide, "Bucket naming rules", "Naming objects"), and their ARNs. */
import { PARTITION } from '../../core/ids.ts';
import { invalidUri, keyTooLong } from './errors.ts';

const BUCKET = /^(?=.{3,63}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const ADDRESS = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/;
const PREFIXES = ['xn--', 'sthree-', 'amzn-s3-demo-'];
const SUFFIXES = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'];
/** Paths that the server itself answers. */
const RESERVED = ['healthz'];
const KEY_BYTES = 1024;

export const isBucketName = (name: string): boolean =>
  BUCKET.test(name) &&
  !ADDRESS.test(name) &&
  !PREFIXES.some((prefix) => name.startsWith(prefix)) &&
  !SUFFIXES.some((suffix) => name.endsWith(suffix)) &&
  !RESERVED.includes(name);

/** Percent-encoded UTF-8. Any text is a key, whatever it would mean as a path: no file is named after it. */
export function decodeKey(encoded: string): string {
  let key: string;
  try {
    key = decodeURIComponent(encoded);
  } catch {
    throw invalidUri("Couldn't parse the specified URI.");
  }
  checkKey(key);
  return key;
}

/** Throws when no object can have this key. */
export function checkKey(key: string): void {
  if (Buffer.byteLength(key) > KEY_BYTES) throw keyTooLong();
  if (!key.isWellFormed() || key.includes('\0')) throw invalidUri('A key is text without NUL.');
}

export const bucketArn = (bucket: string): string => `arn:${PARTITION}:s3:::${bucket}`;
export const objectArn = (bucket: string, key: string): string => `${bucketArn(bucket)}/${key}`;

/** The key of the encryption context in which S3 uses data keys. */
export const CONTEXT_KEY = 'aws:s3:arn';
