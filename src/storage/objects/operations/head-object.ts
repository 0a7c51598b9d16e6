import { operation } from '../operation.ts';
import {
  type ObjectQuestion,
  objectQuestion,
  objectReply,
  questionHeaders,
  questionParameters,
} from '../question.ts';
import { openObject, requireObject } from '../stored.ts';

/** S3 API reference, "HeadObject". Only who asks for the checksum needs the key of the object. */
export const headObject = operation<ObjectQuestion>({
  name: 'HeadObject',
  method: 'HEAD',
  on: 'object',
  action: 's3:GetObject',
  readOnly: true,
  headers: questionHeaders,
  query: questionParameters,
  decode: objectQuestion,
  async run(question, target, call, s3) {
    const { bucket, key } = target;
    if (bucket === undefined) throw new TypeError('no bucket');
    const described = await requireObject(target, bucket, s3);
    const reply = objectReply(question, described);
    if (reply.status === 304) return reply;
    const { start, end } = reply.range;
    const stream = { length: end - start, chunks: [], close: async () => undefined };
    if (!question.wantsChecksum) return { ...reply, stream };
    const reader = await openObject(bucket, key, described, call, s3);
    await reader.close();
    return {
      ...reply,
      headers: [...reply.headers, ...question.checksumReply(reader.manifest, reply.status)],
      stream,
    };
  },
});
