import { getObject } from './rows.ts';
import type { S3, S3Call } from './s3.ts';

/** Deletes those that there are, in one change, and then their files. */
export async function removeObjects(
  bucket: string,
  keys: readonly string[],
  call: S3Call,
  s3: S3,
): Promise<void> {
  const found = await Promise.all(keys.map((key) => getObject(s3.rows, bucket, key)));
  const rows = found.filter((row) => row !== undefined);
  if (rows.length === 0) return;
  await call.commit({ delete: rows.map(({ id, version }) => ({ table: 'object', id, version })) });
  s3.files.remove(rows.map(({ value }) => value.generation));
}
