/**
 * Requests that are signed in their query ("Authenticating requests: using query parameters"). A URL is valid from its
 * date for as long as it says, at most seven days.
 */
import { ServiceError } from '../../core/errors.ts';
import { HttpHead } from '../../core/http-head.ts';
import { ALGORITHM, type ParsedAuthorization, parseAuthorization } from './authorization.ts';
import { type SignatureTime, SKEW_MS, signatureTime } from './time.ts';

export interface Presigned extends ParsedAuthorization {
  /** The request as it was signed: without the signature. */
  readonly head: HttpHead;
  readonly time: SignatureTime;
  readonly sessionToken: string | undefined;
}

const MAX_SECONDS = 604_800;
const names = ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'] as const;
const SIGNATURE = /(?:^|&)X-Amz-Signature=[^&]*/;

export const isPresigned = (head: HttpHead): boolean =>
  head.get('authorization') === undefined && /(?:^|&)X-Amz-Algorithm=/.test(head.query);

/** Throws ServiceError in S3's words. */
export function parsePresigned(head: HttpHead, now: number): Presigned {
  const query = new URLSearchParams(head.query.replaceAll('+', '%2B'));
  const given = Object.fromEntries(names.map((name) => [name, query.getAll(`X-Amz-${name}`)]));
  const one = (name: (typeof names)[number]): string => {
    const [value, ...more] = given[name] ?? [];
    if (value === undefined || more.length > 0) throw malformed(`requires one 'X-Amz-${name}' parameter`);
    return value;
  };
  if (one('Algorithm') !== ALGORITHM) throw malformed('only supports AWS4-HMAC-SHA256');
  const time = signatureTime(new HttpHead('GET', '/', ['x-amz-date', one('Date')], ''));
  if (time === undefined) throw malformed('requires a date');
  checkLifetime(time, one('Expires'), now);
  const header =
    `${ALGORITHM} Credential=${one('Credential')}, SignedHeaders=${one('SignedHeaders')}, ` +
    `Signature=${one('Signature')}`;
  const unsigned = head.query.replace(SIGNATURE, '').replace(/^&/, '');
  const lines = head.names.flatMap((name, i) => [name, head.values[i] ?? '']);
  return {
    ...parseAuthorization(header, true),
    head: new HttpHead(head.method, `${head.path}?${unsigned}`, lines, head.sourceIp),
    time,
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
  };
}

function checkLifetime(time: SignatureTime, expires: string, now: number): void {
  const seconds = /^[0-9]{1,6}$/.test(expires) ? Number(expires) : Number.NaN;
  if (!(seconds >= 1 && seconds <= MAX_SECONDS))
    throw malformed('X-Amz-Expires must be a number of seconds from 1 to 604800');
  if (now > time.ms + seconds * 1000) throw new ServiceError('AccessDeniedException', 'Request has expired');
  if (now < time.ms - SKEW_MS) throw new ServiceError('AccessDeniedException', 'Request is not valid yet');
}

const malformed = (what: string): ServiceError =>
  new ServiceError('AuthorizationQueryParametersError', `Query-string authentication version 4 ${what}.`);
