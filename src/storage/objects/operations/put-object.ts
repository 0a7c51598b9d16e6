import type { HttpHead } from '../../../core/http-head.ts';
import { must } from '../../../core/ids.ts';
import { isConflict } from '../../../wire/errors.ts';
import { RestXmlError } from '../../../wire/rest-xml/error.ts';
import type { Payload } from '../../../wire/rest-xml/payload.ts';
import type { ObjectHead } from '../../envelope/bucket-key.ts';
import { opaqueTag } from '../../envelope/object-keys.ts';
import { type BodyChecks, bodyChecks, checksumHeaders, checksumReply } from '../checks.ts';
import { checkWrite, type WriteConditions } from '../conditions.ts';
import { type AskedEncryption, askedEncryption, encryptionHeaders, encryptionReply } from '../encryption.ts';
import { invalidArgument, noSuchBucket, noSuchKey, notImplemented } from '../errors.ts';
import { type KeptHeaders, keptHeaders } from '../headers.ts';
import { operation } from '../operation.ts';
import {
  bindingOf,
  getBucket,
  getObject,
  type ObjectRow,
  objectRow,
  type StoredBucket,
  type StoredObject,
} from '../rows.ts';
import type { S3, S3Call } from '../s3.ts';
import { bucketKeyOf, describe } from '../stored.ts';
import { writeObject } from '../write.ts';

interface Input {
  readonly payload: Payload;
  readonly checks: BodyChecks;
  readonly asked: AskedEncryption;
  readonly kept: KeptHeaders;
  readonly conditions: WriteConditions;
}

/** S3 API reference, "PutObject". */
export const putObject = operation<Input>({
  name: 'PutObject',
  method: 'PUT',
  on: 'object',
  action: 's3:PutObject',
  readOnly: false,
  body: 'object',
  headers: {
    ...encryptionHeaders,
    ...checksumHeaders,
    'x-amz-meta-': 'any',
    'x-amz-acl': ['private', 'bucket-owner-full-control'],
    'x-amz-storage-class': ['STANDARD'],
    'x-amz-decoded-content-length': 'any',
    'x-amz-trailer': 'any',
  },
  decode({ head, payload }) {
    const body = must(payload, 'payload');
    return {
      payload: body,
      checks: bodyChecks(head, body.trailer),
      asked: askedEncryption(head),
      kept: keptHeaders(head),
      conditions: writeConditions(head),
    };
  },
  audit: ({ asked: { encryption } }) => ({
    ...(encryption && { 'x-amz-server-side-encryption': encryption.algorithm }),
  }),
  async run({ payload, checks, asked, kept, conditions }, target, call, s3) {
    const { key } = target;
    const bucket = must(target.bucket, 'bucket');
    const encryption = asked.encryption ?? bucket.value.encryption;
    const written = await writeObject(
      { payload, checks, encryption, context: asked.context },
      key,
      bucket,
      call,
      s3,
    );
    const { wrap, generation, manifest } = written;
    const etag = wrap.by === 's3-root' && manifest.md5 !== undefined ? manifest.md5 : opaqueTag();
    const head = { etag, ...kept, ...(asked.context && { context: asked.context }) };
    const row = { wrap, generation, size: manifest.size, modified: call.time };
    await keepOrRemove(generation, s3, () => putRow(row, head, conditions, key, bucket.id, call, s3));
    const { checksum } = manifest;
    return {
      headers: [
        'ETag',
        `"${etag}"`,
        ...encryptionReply({ wrap }),
        ...(checksum ? checksumReply(checksum) : []),
      ],
    };
  },
});

function writeConditions(head: HttpHead): WriteConditions {
  const [ifMatch, ifNoneMatch] = [head.get('if-match'), head.get('if-none-match')];
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') throw notImplemented('If-None-Match');
  if (ifMatch !== undefined && ifNoneMatch !== undefined)
    throw invalidArgument('If-Match and If-None-Match exclude each other.', 'If-Match', ifMatch);
  return { ...(ifMatch !== undefined && { ifMatch }), ...(ifNoneMatch !== undefined && { ifNoneMatch }) };
}

/** Another change of the same object came first at most once: then this one holds its row. */
const TRIES = 3;

/** Makes the object what the name stands for, and removes the file of what it was. */
function putRow(
  row: Omit<ObjectRow, 'head'>,
  head: ObjectHead,
  conditions: WriteConditions,
  key: string,
  name: string,
  call: S3Call,
  s3: S3,
): Promise<void> {
  const { table, id } = objectRow(name, key);
  return s3.gates.enter(name, async () => {
    // The body may have taken long: the bucket is looked up again.
    const bucket = await getBucket(s3.rows, name);
    if (bucket === undefined || bucket.value.account !== call.account) throw noSuchBucket(name);
    const value: ObjectRow = { ...row, head: await sealedHead(bucket, key, row.generation, head, s3) };
    for (let tries = 1; ; tries++) {
      const old = await getObject(s3.rows, name, key);
      await checkConditions(conditions, bucket, key, old, s3);
      try {
        await call.commit({ put: [{ table, id, version: (old?.version ?? 0) + 1, value }] });
      } catch (error) {
        if (isConflict(error) && tries < TRIES) continue;
        throw error;
      }
      if (old !== undefined) s3.files.remove([old.value.generation]);
      return;
    }
  });
}

async function checkConditions(
  conditions: WriteConditions,
  bucket: StoredBucket,
  key: string,
  old: StoredObject | undefined,
  s3: S3,
): Promise<void> {
  if (conditions.ifMatch === undefined && conditions.ifNoneMatch === undefined) return;
  const etag = old && (await describe(bucket, key, old, s3)).head.etag;
  checkWrite(conditions, etag, () => noSuchKey(key));
}

async function sealedHead(bucket: StoredBucket, key: string, generation: string, head: ObjectHead, s3: S3) {
  const bucketKey = await bucketKeyOf(bucket, s3);
  return bucketKey.sealHead(bindingOf(bucket.id, key, generation), head).toString('base64');
}

/** The file goes when it is certain that no row names it; where the outcome is unknown, the next start decides. */
async function keepOrRemove(generation: string, { files }: S3, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RestXmlError || isConflict(error)) files.remove([generation]);
    throw error;
  }
}
