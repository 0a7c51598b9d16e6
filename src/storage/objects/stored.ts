/** Stored objects as operations see them: what the index says, and their content once it is opened. */
import type { ObjectHead } from '../envelope/bucket-key.ts';
import { ObjectReader } from '../envelope/reader.ts';
import { contextOf } from './encryption.ts';
import { noSuchKey } from './errors.ts';
import { bucketArn, CONTEXT_KEY, objectArn } from './names.ts';
import type { S3Target } from './operation.ts';
import { bindingOf, getObject, objectRow, type StoredBucket, type StoredObject } from './rows.ts';
import type { S3, S3Call } from './s3.ts';

export interface Described {
  readonly row: StoredObject;
  readonly head: ObjectHead;
}

export const bucketKeyOf = ({ id, value }: StoredBucket, { keys }: S3) =>
  keys.bucketKey(value.account, value.key, { [CONTEXT_KEY]: bucketArn(id) });

export async function describe(
  bucket: StoredBucket,
  key: string,
  row: StoredObject,
  s3: S3,
): Promise<Described> {
  const bucketKey = await bucketKeyOf(bucket, s3);
  const binding = bindingOf(bucket.id, key, row.value.generation);
  return { row, head: bucketKey.openHead(binding, Buffer.from(row.value.head, 'base64')) };
}

/** Throws NoSuchKey. */
export async function requireObject({ key }: S3Target, bucket: StoredBucket, s3: S3): Promise<Described> {
  const row = await getObject(s3.rows, bucket.id, key);
  if (row === undefined) throw noSuchKey(key);
  return describe(bucket, key, row, s3);
}

/** Opens the file, with the key that only now is asked for. Rejects with ENOENT when it was removed meanwhile. */
export async function openObject(
  bucket: StoredBucket,
  key: string,
  { row, head }: Described,
  call: S3Call,
  s3: S3,
): Promise<ObjectReader> {
  const { generation, size, wrap } = row.value;
  const binding = bindingOf(bucket.id, key, generation);
  const context = contextOf(objectArn(bucket.id, key), head.context);
  const objectKey = await s3.keys.open(binding, bucket.value.account, wrap, context, call);
  try {
    return await ObjectReader.open({ path: s3.files.path(generation), binding, size }, objectKey);
  } finally {
    objectKey.erase();
  }
}

/** The object was overwritten or deleted after its row was read. */
export const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** True when the index still names this file, which then is missing for another reason. */
export async function isCurrent(
  bucket: StoredBucket,
  key: string,
  { row }: Described,
  { rows }: S3,
): Promise<boolean> {
  const { table, id } = objectRow(bucket.id, key);
  return (await rows.get<StoredObject['value']>(table, id))?.value.generation === row.value.generation;
}
