import { must } from '../../../core/ids.ts';
import {
  encoderOf,
  type ListParameters,
  listParameters,
  listReply,
  parseList,
  textParameter,
} from '../list-reply.ts';
import { listObjects as list } from '../listing.ts';
import { operation } from '../operation.ts';

interface Input extends ListParameters {
  readonly marker: string;
}

/** S3 API reference, "ListObjects". */
export const listObjects = operation<Input>({
  name: 'ListObjects',
  method: 'GET',
  on: 'bucket',
  action: 's3:ListBucket',
  readOnly: true,
  query: [...listParameters, 'marker'],
  decode: (request) => ({ ...parseList(request), marker: textParameter(request, 'marker') }),
  audit: ({ prefix }) => ({ prefix }),
  async run(input, target, _, s3) {
    const bucket = must(target.bucket, 'bucket');
    const { marker, encoding, delimiter } = input;
    const listing = await list(s3.rows, bucket.id, { ...input, after: marker });
    const encode = encoderOf(encoding);
    const last = listing.entries.at(-1)?.key;
    const next =
      listing.truncated && delimiter !== '' && last !== undefined ? { NextMarker: encode(last) } : {};
    const reply = await listReply(input, listing, bucket, true, s3);
    return { xml: ['ListBucketResult', { ...reply, Marker: encode(marker), ...next }] };
  },
});
