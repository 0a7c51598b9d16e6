import { must } from '../../../core/ids.ts';
import { invalidArgument } from '../errors.ts';
import {
  encoderOf,
  type ListParameters,
  listParameters,
  listReply,
  parseList,
  textParameter,
} from '../list-reply.ts';
import { listObjects } from '../listing.ts';
import { operation } from '../operation.ts';

interface Input extends ListParameters {
  readonly startAfter: string;
  readonly token: string | undefined;
  readonly owner: boolean;
}

/** S3 API reference, "ListObjectsV2". */
export const listObjectsV2 = operation<Input>({
  name: 'ListObjectsV2',
  method: 'GET',
  on: 'bucket',
  marker: ['list-type', '2'],
  action: 's3:ListBucket',
  readOnly: true,
  query: [...listParameters, 'continuation-token', 'start-after', 'fetch-owner'],
  decode: (request) => ({
    ...parseList(request),
    startAfter: textParameter(request, 'start-after'),
    token: request.query.get('continuation-token'),
    owner: request.query.get('fetch-owner') === 'true',
  }),
  audit: ({ prefix }) => ({ prefix }),
  async run(input, target, _, s3) {
    const bucket = must(target.bucket, 'bucket');
    const { startAfter, token, owner, encoding } = input;
    const after = token === undefined ? startAfter : readToken(token);
    const listing = await listObjects(s3.rows, bucket.id, { ...input, after });
    const last = listing.entries.at(-1)?.key;
    return {
      xml: [
        'ListBucketResult',
        {
          ...(await listReply(input, listing, bucket, owner, s3)),
          KeyCount: String(listing.entries.length),
          ...(startAfter !== '' && { StartAfter: encoderOf(encoding)(startAfter) }),
          ...(token !== undefined && { ContinuationToken: token }),
          ...(listing.truncated && last !== undefined && { NextContinuationToken: tokenOf(last) }),
        },
      ],
    };
  },
});

const tokenOf = (key: string): string => Buffer.from(key).toString('base64url');

function readToken(token: string): string {
  const bytes = Buffer.from(token, 'base64url');
  const key = bytes.toString('utf8');
  if (token === '' || tokenOf(key) !== token || key.includes('\0') || bytes.length > 1024)
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  return key;
}
