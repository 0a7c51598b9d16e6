/** The errors of S3, as the "Error responses" page of its API reference has them. */
import { RestXmlError } from '../../wire/rest-xml/error.ts';

const error =
  (status: number, code: string) =>
  (message: string, elements: Readonly<Record<string, string>> = {}): RestXmlError =>
    new RestXmlError(status, code, message, { elements });

export const invalidRequest = error(400, 'InvalidRequest');
export const invalidUri = error(400, 'InvalidURI');
export const badDigest = error(400, 'BadDigest');
export const invalidDigest = error(400, 'InvalidDigest');
export const accessDenied = error(403, 'AccessDenied');

export const notImplemented = (what: string): RestXmlError =>
  error(
    501,
    'NotImplemented',
  )(`A header or query you provided implies functionality that is not implemented: ${what}`);
export const invalidArgument = (message: string, name: string, value: string): RestXmlError =>
  error(400, 'InvalidArgument')(message, { ArgumentName: name, ArgumentValue: value });
export const noSuchBucket = (bucket: string): RestXmlError =>
  error(404, 'NoSuchBucket')('The specified bucket does not exist', { BucketName: bucket });
export const noSuchKey = (key: string): RestXmlError =>
  error(404, 'NoSuchKey')('The specified key does not exist.', { Key: key });
export const invalidBucketName = (bucket: string): RestXmlError =>
  error(400, 'InvalidBucketName')('The specified bucket is not valid.', { BucketName: bucket });
export const bucketExists = (bucket: string): RestXmlError =>
  error(409, 'BucketAlreadyExists')(
    'The requested bucket name is not available. The bucket namespace is shared by all users of the system. ' +
      'Please select a different name and try again.',
    { BucketName: bucket },
  );
export const bucketIsYours = (bucket: string): RestXmlError =>
  error(409, 'BucketAlreadyOwnedByYou')(
    'Your previous request to create the named bucket succeeded and you already own it.',
    { BucketName: bucket },
  );
export const bucketNotEmpty = (bucket: string): RestXmlError =>
  error(409, 'BucketNotEmpty')('The bucket you tried to delete is not empty', { BucketName: bucket });
export const operationAborted = (): RestXmlError =>
  error(
    409,
    'OperationAborted',
  )('A conflicting conditional operation is currently in progress against this resource. Please try again.');
export const keyTooLong = (): RestXmlError => error(400, 'KeyTooLongError')('Your key is too long');
export const metadataTooLarge = (): RestXmlError =>
  error(400, 'MetadataTooLarge')('Your metadata headers exceed the maximum allowed metadata size');
export const preconditionFailed = (condition: string): RestXmlError =>
  error(412, 'PreconditionFailed')('At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });
export const invalidRange = (range: string, size: number): RestXmlError =>
  new RestXmlError(416, 'InvalidRange', 'The requested range is not satisfiable', {
    elements: { RangeRequested: range, ActualObjectSize: String(size) },
    headers: ['Content-Range', `bytes */${size}`],
  });
export const wrongRegion = (given: string, region: string): RestXmlError =>
  new RestXmlError(
    400,
    'AuthorizationHeaderMalformed',
    `The authorization header is malformed; the region '${given}' is wrong; expecting '${region}'`,
    { elements: { Region: region }, headers: ['x-amz-bucket-region', region] },
  );
