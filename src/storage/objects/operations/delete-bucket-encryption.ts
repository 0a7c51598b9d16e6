import { must } from '../../../core/ids.ts';
import { operation } from '../operation.ts';
import { bucketRow } from '../rows.ts';

/** S3 API reference, "DeleteBucketEncryption": goes back to SSE-S3. */
export const deleteBucketEncryption = operation({
  name: 'DeleteBucketEncryption',
  method: 'DELETE',
  on: 'bucket',
  marker: ['encryption'],
  action: 's3:PutEncryptionConfiguration',
  readOnly: false,
  decode: () => null,
  async run(_, { bucket }, call) {
    const { id, version, value } = must(bucket, 'bucket');
    const row = { ...value, encryption: { algorithm: 'AES256' } };
    await call.commit({ put: [{ ...bucketRow(id), version: version + 1, value: row }] });
    return { status: 204 };
  },
});
