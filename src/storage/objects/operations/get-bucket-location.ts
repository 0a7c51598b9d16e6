import { must } from '../../../core/ids.ts';
import { operation } from '../operation.ts';

/** S3 API reference, "GetBucketLocation": us-east-1 is told as nothing. */
export const getBucketLocation = operation({
  name: 'GetBucketLocation',
  method: 'GET',
  on: 'bucket',
  marker: ['location'],
  action: 's3:GetBucketLocation',
  readOnly: true,
  anyRegion: true,
  decode: () => null,
  run(_, { bucket }) {
    const { region } = must(bucket, 'bucket').value;
    return { xml: ['LocationConstraint', region === 'us-east-1' ? {} : { '#text': region }] };
  },
});
