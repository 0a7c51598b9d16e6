import { must } from '../../core/ids.ts';
import type { ObjectReader } from '../envelope/reader.ts';
import { noSuchKey } from './errors.ts';
import type { S3Answer, S3Target } from './operation.ts';
import { type ObjectQuestion, type ObjectReply, objectReply } from './question.ts';
import type { S3, S3Call } from './s3.ts';
import { isCurrent, isGone, openObject, requireObject } from './stored.ts';

/** How often an object that is overwritten again and again is looked up. */
const TRIES = 5;

/**
 * Answers about an object as it is, also where it is overwritten meanwhile. `complete` adds what is not in the index, for
 * which it may open the object.
 */
export async function answerQuestion(
  question: ObjectQuestion,
  target: S3Target,
  call: S3Call,
  s3: S3,
  complete: (reply: ObjectReply, open: () => Promise<ObjectReader>) => Promise<S3Answer>,
): Promise<S3Answer> {
  const { key } = target;
  const bucket = must(target.bucket, 'bucket');
  for (let tries = 1; ; tries++) {
    const described = await requireObject(target, bucket, s3);
    const reply = objectReply(question, described);
    if (reply.status === 304) return reply;
    try {
      return await complete(reply, () => openObject(bucket, key, described, call, s3));
    } catch (error) {
      if (!isGone(error) || (await isCurrent(bucket, key, described, s3))) throw error;
      if (tries === TRIES) throw noSuchKey(key);
    }
  }
}
