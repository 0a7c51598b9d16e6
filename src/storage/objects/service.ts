/** Joins the operation table and the parts of S3 into the service that the request pipeline drives. */
import type { Operation, Service } from '../../core/call.ts';
import type { StructureShape } from '../../core/shape.ts';
import { S3_PRINCIPAL } from '../envelope/kms-keys.ts';
import { accessDenied, noSuchBucket, wrongRegion } from './errors.ts';
import { bucketArn, objectArn } from './names.ts';
import type { S3Operation } from './operation.ts';
import { operationTable } from './operation-table.ts';
import { getBucket, type StoredBucket } from './rows.ts';
import type { S3, S3Call } from './s3.ts';

/** What protocol.ts decodes a request to. */
export interface S3Input {
  readonly bucket: string;
  readonly key: string;
  /** Of x-amz-expected-bucket-owner. */
  readonly owner: string | undefined;
  /** Of the operation's own `decode`. */
  readonly input: unknown;
}

/** The operations read their input from paths, headers and documents, and check it as they do. */
const anything: StructureShape = { type: 'structure', members: {}, required: [] };

export const s3Service = (s3: S3): Service => ({
  name: 's3',
  eventSource: S3_PRINCIPAL,
  operations: new Map(operationTable.map((row) => [row.name, build(row, s3) as Operation])),
});

function build(row: S3Operation, s3: S3): Operation<S3Input, unknown, StoredBucket | undefined> {
  return {
    name: row.name,
    input: anything,
    output: anything,
    readOnly: row.readOnly,
    async resolve(input, call) {
      const { bucket, key } = input;
      const resource = bucket === '' ? '*' : key === '' ? bucketArn(bucket) : objectArn(bucket, key);
      if (resource !== '*') call.record.resources.push(resource);
      const found =
        bucket === '' || row.makesBucket ? undefined : await requireBucket(row, input, call as S3Call, s3);
      return {
        resolved: found,
        targets: [{ action: row.action, resource, account: found?.value.account ?? call.account }],
      };
    },
    run: ({ bucket: name, key, input }, call, bucket) =>
      row.run(input, { name, key, bucket }, call as S3Call, s3),
    audit: ({ bucket, key, input }) => ({
      ...(bucket !== '' && { bucketName: bucket }),
      ...(key !== '' && { key }),
      ...row.audit?.(input),
    }),
  };
}

async function requireBucket(
  { anyRegion }: S3Operation,
  { bucket: name, owner }: S3Input,
  call: S3Call,
  { rows }: S3,
): Promise<StoredBucket> {
  const bucket = await getBucket(rows, name);
  if (bucket === undefined) throw noSuchBucket(name);
  const { account, region } = bucket.value;
  if (owner !== undefined && owner !== account) throw accessDenied('Access Denied');
  // To whom it does not belong, nothing is told of it but that it is there.
  if (account === call.account && region !== call.region && !anyRegion)
    throw wrongRegion(call.region, region);
  return bucket;
}
