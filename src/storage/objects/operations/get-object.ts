import type { Manifest } from '../../envelope/manifest.ts';
import type { ObjectReader, Range } from '../../envelope/reader.ts';
import { release } from '../../envelope/release.ts';
import { noSuchKey } from '../errors.ts';
import { operation, type S3Answer, type S3Target } from '../operation.ts';
import {
  type ObjectQuestion,
  objectQuestion,
  objectReply,
  questionHeaders,
  questionParameters,
} from '../question.ts';
import type { StoredBucket } from '../rows.ts';
import type { S3, S3Call } from '../s3.ts';
import { type Described, isCurrent, isGone, openObject, requireObject } from '../stored.ts';

/** How often an object that is overwritten again and again is looked up. */
const TRIES = 5;

/** S3 API reference, "GetObject". */
export const getObject = operation<ObjectQuestion>({
  name: 'GetObject',
  method: 'GET',
  on: 'object',
  action: 's3:GetObject',
  readOnly: true,
  headers: questionHeaders,
  query: questionParameters,
  decode: objectQuestion,
  async run(question, target, call, s3) {
    const { bucket, key } = target;
    if (bucket === undefined) throw new TypeError('no bucket');
    for (let tries = 1; ; tries++) {
      const described = await requireObject(target, bucket, s3);
      const reply = objectReply(question, described);
      if (reply.status === 304) return reply;
      try {
        return await answer(question, reply, described, bucket, target, call, s3);
      } catch (error) {
        if (!isGone(error) || (await isCurrent(bucket, key, described, s3))) throw error;
        if (tries === TRIES) throw noSuchKey(key);
      }
    }
  },
});

async function answer(
  question: ObjectQuestion,
  reply: ReturnType<typeof objectReply>,
  described: Described,
  bucket: StoredBucket,
  { key }: S3Target,
  call: S3Call,
  s3: S3,
): Promise<S3Answer> {
  const reader = await openObject(bucket, key, described, call, s3);
  const { range } = reply;
  return {
    ...reply,
    headers: [...reply.headers, ...question.checksumReply(reader.manifest, reply.status)],
    stream: streamOf(reader, range, reader.manifest),
  };
}

/** A small object is in memory and verified; of a large one, each piece is before it goes out. */
function streamOf(reader: ObjectReader, range: Range, { size }: Manifest) {
  const length = size === 0 ? 0 : range.end - range.start;
  const whole = reader.bytes(range);
  if (whole !== undefined) return { length, chunks: whole, close: async () => undefined };
  return { length, chunks: reader.read(range), sent: release, close: () => reader.close() };
}
