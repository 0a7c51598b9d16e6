/** The rows of buckets and objects (docs/formats/stored-object.md, "Row"). */
import type { AccountId, Region } from '../../core/ids.ts';
import type { Rows, Stored } from '../../store/rows-contract.ts';
import type { ObjectBinding } from '../envelope/binding.ts';
import type { Wrap } from '../envelope/object-keys.ts';

export type BucketEncryption =
  | { readonly algorithm: 'AES256' }
  /** Without a key: the AWS managed key `aws/s3`. */
  | { readonly algorithm: 'aws:kms'; readonly key?: string };

export interface BucketRow {
  readonly account: AccountId;
  readonly region: Region;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** The wrapped bucket key, base64. */
  readonly key: string;
  readonly encryption: BucketEncryption;
}

export interface ObjectRow {
  readonly generation: string;
  readonly size: number;
  readonly modified: number;
  readonly wrap: Wrap;
  readonly head: string;
}

export type StoredBucket = Stored<BucketRow>;
export type StoredObject = Stored<ObjectRow>;

export const bucketRow = (bucket: string) => ({ table: 'bucket', id: bucket }) as const;
export const bucketByAccountRow = (account: AccountId, bucket: string) =>
  ({ table: 'bucket-by-account', id: `${account}/${bucket}` }) as const;
export const objectRow = (bucket: string, key: string) =>
  ({ table: 'object', id: `${bucket}/${key}` }) as const;

export const getBucket = (rows: Rows, bucket: string): StoredBucket | Promise<StoredBucket | undefined> =>
  rows.peek<BucketRow>('bucket', bucket) ?? rows.get<BucketRow>('bucket', bucket);

export function getObject(
  rows: Rows,
  bucket: string,
  key: string,
): StoredObject | Promise<StoredObject | undefined> {
  const { table, id } = objectRow(bucket, key);
  return rows.peek<ObjectRow>(table, id) ?? rows.get<ObjectRow>(table, id);
}

export const bindingOf = (bucket: string, key: string, generation: string): ObjectBinding => ({
  bucket,
  key,
  version: 'null',
  generation: Buffer.from(generation, 'hex'),
});
