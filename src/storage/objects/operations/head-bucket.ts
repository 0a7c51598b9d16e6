import { must } from '../../../core/ids.ts';
import { operation } from '../operation.ts';

/** S3 API reference, "HeadBucket". */
export const headBucket = operation({
  name: 'HeadBucket',
  method: 'HEAD',
  on: 'bucket',
  action: 's3:ListBucket',
  readOnly: true,
  decode: () => null,
  run: (_, { bucket }) => ({ headers: ['x-amz-bucket-region', must(bucket, 'bucket').value.region] }),
});
