import type { HttpHead } from '../../../core/http-head.ts';
import { must } from '../../../core/ids.ts';
import { parseXml } from '../../../wire/rest-xml/xml.ts';
import { checkDocument, checksumHeaders } from '../checks.ts';
import { parseBucketEncryption } from '../encryption.ts';
import { operation } from '../operation.ts';
import { type BucketEncryption, bucketRow } from '../rows.ts';

interface Input {
  readonly head: HttpHead;
  readonly body: Buffer;
  readonly encryption: BucketEncryption;
}

/** S3 API reference, "PutBucketEncryption". */
export const putBucketEncryption = operation<Input>({
  name: 'PutBucketEncryption',
  method: 'PUT',
  on: 'bucket',
  marker: ['encryption'],
  action: 's3:PutEncryptionConfiguration',
  readOnly: false,
  body: 'document',
  headers: checksumHeaders,
  decode({ head, body }) {
    const document = parseXml(body, 'ServerSideEncryptionConfiguration', ['Rule', 'EncryptionType']);
    return { head, body, encryption: parseBucketEncryption(document) };
  },
  audit: ({ encryption }) => ({ encryption: { ...encryption } }),
  async run({ head, body, encryption }, { bucket }, call) {
    await checkDocument(head, body);
    const { id, version, value } = must(bucket, 'bucket');
    await call.commit({ put: [{ ...bucketRow(id), version: version + 1, value: { ...value, encryption } }] });
    return {};
  },
});
