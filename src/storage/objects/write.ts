/** Takes in a body, encrypts it, and makes it durable under a name that nobody knows yet. */
import { incompleteBody } from '../../wire/rest-xml/error.ts';
import type { Payload } from '../../wire/rest-xml/payload.ts';
import type { Manifest } from '../envelope/manifest.ts';
import type { Wrap } from '../envelope/object-keys.ts';
import { release } from '../envelope/release.ts';
import { ObjectWriter } from '../envelope/writer.ts';
import { type BodyChecks, BodyDigests } from './checks.ts';
import { contextOf, MANAGED_KEY } from './encryption.ts';
import { objectArn } from './names.ts';
import { type BucketEncryption, bindingOf, type StoredBucket } from './rows.ts';
import type { S3, S3Call } from './s3.ts';

export interface ToWrite {
  readonly payload: Payload;
  readonly checks: BodyChecks;
  readonly encryption: BucketEncryption;
  readonly context: Readonly<Record<string, string>> | undefined;
}

export interface Written {
  readonly generation: string;
  readonly wrap: Wrap;
  readonly manifest: Manifest;
}

/** Resolves once the body is what the client said, and durable. Otherwise nothing is left of it. */
export async function writeObject(
  { payload, checks, encryption, context }: ToWrite,
  key: string,
  bucket: StoredBucket,
  call: S3Call,
  { keys, files }: S3,
): Promise<Written> {
  const generation = files.newName();
  const binding = bindingOf(bucket.id, key, generation);
  const kms = encryption.algorithm === 'aws:kms';
  const under = kms ? { kmsKey: encryption.key ?? MANAGED_KEY } : {};
  const bound = contextOf(objectArn(bucket.id, key), context);
  const { key: objectKey, wrap } = await keys.make(binding, bucket.value.account, under, bound, call);
  const writer = new ObjectWriter(files.path(generation), binding, objectKey);
  try {
    const manifest = await takeIn(payload, await BodyDigests.start(checks, !kms), writer);
    await writer.finish(manifest);
    await files.sync(generation);
    return { generation, wrap, manifest };
  } catch (error) {
    await writer.abort();
    throw isBroken(error) ? incompleteBody() : error;
  } finally {
    objectKey.erase();
  }
}

/** The pieces are this function's: what is upstream hands each over and keeps nothing of it. */
async function takeIn(payload: Payload, digests: BodyDigests, writer: ObjectWriter): Promise<Manifest> {
  let size = 0;
  for await (const piece of payload) {
    size += piece.length;
    digests.update(piece);
    const written = writer.write(piece);
    release(piece);
    if (written !== undefined) await written;
  }
  if (size !== payload.length) throw incompleteBody();
  return { size, ...digests.finish(payload.trailers) };
}

/** The client went away in the middle. */
const isBroken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ECONNRESET';
