import { operation } from '../operation.ts';
import { requireNullVersion } from '../question.ts';
import { removeObjects } from '../remove.ts';

/** S3 API reference, "DeleteObject": whether or not there was one. */
export const deleteObject = operation({
  name: 'DeleteObject',
  method: 'DELETE',
  on: 'object',
  action: 's3:DeleteObject',
  readOnly: false,
  query: ['versionId'],
  decode: requireNullVersion,
  async run(_, { name, key }, call, s3) {
    await removeObjects(name, [key], call, s3);
    return { status: 204 };
  },
});
