import { answerQuestion } from '../answer-question.ts';
import { operation } from '../operation.ts';
import { type ObjectQuestion, objectQuestion, questionHeaders, questionParameters } from '../question.ts';

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
  run: (question, target, call, s3) =>
    answerQuestion(question, target, call, s3, async (reply, open) => {
      const { start, end } = reply.range;
      const stream = { length: end - start, chunks: [], close: async () => undefined };
      if (!question.wantsChecksum) return { ...reply, stream };
      const reader = await open();
      await reader.close();
      const headers = [...reply.headers, ...question.checksumReply(reader.manifest, reply.status)];
      return { ...reply, headers, stream };
    }),
});
