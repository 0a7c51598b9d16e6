import type { ObjectReader, Range } from '../../envelope/reader.ts';
import { release } from '../../envelope/release.ts';
import { answerQuestion } from '../answer-question.ts';
import { operation } from '../operation.ts';
import { type ObjectQuestion, objectQuestion, questionHeaders, questionParameters } from '../question.ts';

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
  run: (question, target, call, s3) =>
    answerQuestion(question, target, call, s3, async (reply, open) => {
      const reader = await open();
      const headers = [...reply.headers, ...question.checksumReply(reader.manifest, reply.status)];
      return { ...reply, headers, stream: streamOf(reader, reply.range) };
    }),
});

/** A small object is in memory and verified; of a large one, each piece is before it goes out. */
function streamOf(reader: ObjectReader, range: Range) {
  const length = range.end - range.start;
  const whole = reader.bytes(range);
  if (whole !== undefined) return { length, chunks: whole, close: async () => undefined };
  return { length, chunks: reader.read(range), sent: release, close: () => reader.close() };
}
