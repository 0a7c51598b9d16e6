/** The operations of S3 that there are; every other request is answered with NotImplemented. */
import type { S3Operation } from './operation.ts';
import { createBucket } from './operations/create-bucket.ts';
import { deleteBucket } from './operations/delete-bucket.ts';
import { deleteBucketEncryption } from './operations/delete-bucket-encryption.ts';
import { deleteObject } from './operations/delete-object.ts';
import { deleteObjects } from './operations/delete-objects.ts';
import { getBucketEncryption } from './operations/get-bucket-encryption.ts';
import { getBucketLocation } from './operations/get-bucket-location.ts';
import { getObject } from './operations/get-object.ts';
import { headBucket } from './operations/head-bucket.ts';
import { headObject } from './operations/head-object.ts';
import { listBuckets } from './operations/list-buckets.ts';
import { listObjects } from './operations/list-objects.ts';
import { listObjectsV2 } from './operations/list-objects-v2.ts';
import { putBucketEncryption } from './operations/put-bucket-encryption.ts';
import { putObject } from './operations/put-object.ts';

export const operationTable: readonly S3Operation[] = [
  createBucket,
  deleteBucket,
  deleteBucketEncryption,
  deleteObject,
  deleteObjects,
  getBucketEncryption,
  getBucketLocation,
  getObject,
  headBucket,
  headObject,
  listBuckets,
  listObjects,
  listObjectsV2,
  putBucketEncryption,
  putObject,
];
