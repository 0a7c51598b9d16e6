import { must } from '../../../core/ids.ts';
import { bucketEncryptionXml } from '../encryption.ts';
import { operation } from '../operation.ts';

/** S3 API reference, "GetBucketEncryption": there is always one. */
export const getBucketEncryption = operation({
  name: 'GetBucketEncryption',
  method: 'GET',
  on: 'bucket',
  marker: ['encryption'],
  action: 's3:GetEncryptionConfiguration',
  readOnly: true,
  decode: () => null,
  run: (_, { bucket }) => ({
    xml: ['ServerSideEncryptionConfiguration', bucketEncryptionXml(must(bucket, 'bucket').value.encryption)],
  }),
});
