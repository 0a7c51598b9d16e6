import { bucketNotEmpty, noSuchBucket } from '../errors.ts';
import { operation } from '../operation.ts';
import { bucketByAccountRow, bucketRow, getBucket } from '../rows.ts';

/** S3 API reference, "DeleteBucket". */
export const deleteBucket = operation({
  name: 'DeleteBucket',
  method: 'DELETE',
  on: 'bucket',
  action: 's3:DeleteBucket',
  readOnly: false,
  decode: () => null,
  run: (_, { name }, call, { rows, gates }) =>
    gates.close(name, async () => {
      const bucket = await getBucket(rows, name);
      if (bucket === undefined) throw noSuchBucket(name);
      const { account } = bucket.value;
      const [object] = await rows.scan('object', `${name}/`, { limit: 1 });
      if (object !== undefined) throw bucketNotEmpty(name);
      const listed = bucketByAccountRow(account, name);
      await call.commit({
        delete: [
          { ...bucketRow(name), version: bucket.version },
          { ...listed, version: 1 },
        ],
      });
      return { status: 204 };
    }),
});
