/** Finds the operation that a request names, and refuses what it says beyond what that understands. */
import { RestXmlError } from '../../wire/rest-xml/error.ts';
import { invalidRequest, notImplemented } from './errors.ts';
import type { S3Operation, Understood } from './operation.ts';
import type { Named, S3Request } from './request.ts';

/** Of every operation. Signatures and bodies are looked at elsewhere. */
const commonHeaders: Understood = {
  'x-amz-date': 'any',
  'x-amz-content-sha256': 'any',
  'x-amz-security-token': 'any',
  'x-amz-user-agent': 'any',
  'x-amz-expected-bucket-owner': 'any',
  // Who asks would pay, were it a bucket whose owner does not.
  'x-amz-request-payer': ['requester'],
};
/** `x-id` repeats the operation's name. */
const commonQuery: readonly string[] = ['x-id'];
const PRESIGNED =
  /^X-Amz-(?:Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Security-Token|Content-Sha256)$/;
/** In a query it binds no body: what is signed there is this, and SDKs may say so. */
const [QUERY_HASH, UNSIGNED] = ['X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD'];

export function findOperation(
  table: readonly S3Operation[],
  method: string,
  { bucket, encodedKey, query }: Named,
): S3Operation {
  const on = bucket === '' ? 'service' : encodedKey === '' ? 'bucket' : 'object';
  const candidates = table.filter((row) => row.on === on && row.method === method);
  const marked = candidates.find(
    ({ marker }) =>
      marker !== undefined &&
      query.has(marker[0]) &&
      (marker[1] ?? query.get(marker[0])) === query.get(marker[0]),
  );
  const found = marked ?? candidates.find(({ marker }) => marker === undefined);
  if (found === undefined) throw notAllowed(method);
  for (const name of query.keys()) {
    const known = name === found.marker?.[0] || found.query?.includes(name) || commonQuery.includes(name);
    if (name === 'AWSAccessKeyId') throw oldSignature();
    if (name === QUERY_HASH && query.get(name) !== UNSIGNED) throw notImplemented(name);
    if (!known && !PRESIGNED.test(name)) throw notImplemented(name);
  }
  return found;
}

/** Version 2, in the query. */
const oldSignature = (): RestXmlError =>
  invalidRequest(
    'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  );

const notAllowed = (method: string): RestXmlError =>
  ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'].includes(method)
    ? notImplemented(method)
    : new RestXmlError(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');

/** Every `x-amz-...` header changes what a request means, so none is passed over. */
export function checkUnderstood(row: S3Operation, { head }: S3Request): void {
  for (const [i, name] of head.names.entries()) {
    if (!name.startsWith('x-amz-')) continue;
    const understood = commonHeaders[name] ?? row.headers?.[name] ?? family(row.headers, name);
    const value = head.values[i] ?? '';
    if (understood === undefined || (understood !== 'any' && !understood.includes(value)))
      throw notImplemented(understood === undefined ? name : `${name}: ${value}`);
  }
}

function family(headers: Understood | undefined, name: string): Understood[string] | undefined {
  if (headers === undefined) return undefined;
  const found = Object.keys(headers).find((each) => each.endsWith('-') && name.startsWith(each));
  return found === undefined ? undefined : headers[found];
}
