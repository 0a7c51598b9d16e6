/** The time of a signature: X-Amz-Date in ISO 8601 basic format, or else the Date header in either format. */
import { ServiceError } from '../../core/errors.ts';
import type { HttpHead } from '../../core/http-head.ts';
import { incomplete } from './authorization.ts';

const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
/** RFC 9110, section 5.6.7, IMF-fixdate. */
const FIXDATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const MINUTE_MS = 60_000;
export const SKEW_MINUTES = 15;
export const SKEW_MS = SKEW_MINUTES * MINUTE_MS;

export interface SignatureTime {
  /** YYYYMMDDTHHMMSSZ, as in the string to sign. */
  readonly text: string;
  readonly ms: number;
}

let last: SignatureTime = { text: '', ms: 0 };

/** undefined when the request has no date at all. */
export function signatureTime(head: HttpHead): SignatureTime | undefined {
  const sent = head.get('x-amz-date') ?? head.get('date');
  if (sent === undefined) return undefined;
  // The requests of one second carry the same text.
  if (sent === last.text) return last;
  last = parseTime(sent);
  return last;
}

function parseTime(sent: string): SignatureTime {
  const text = FIXDATE.test(sent) ? basic(Date.parse(sent)) : sent;
  const parts = BASIC.exec(text)?.slice(1);
  const ms = parts ? Date.parse(`${parts.slice(0, 3).join('-')}T${parts.slice(3).join(':')}Z`) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw incomplete(
      `Date must be in ISO-8601 'basic format'. Got '${sent}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  return { text, ms };
}

function basic(ms: number): string {
  return Number.isNaN(ms) ? '' : `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** Throws in AWS's words when the signature is older, or from further ahead, than 15 minutes. */
export function checkSkew(time: SignatureTime, now: number): void {
  if (now - time.ms > SKEW_MS) {
    throw skewed(`Signature expired: ${time.text} is now earlier than`, now - SKEW_MS, now, '-');
  }
  if (time.ms - now > SKEW_MS) {
    throw skewed(`Signature not yet current: ${time.text} is still later than`, now + SKEW_MS, now, '+');
  }
}

const skewed = (what: string, bound: number, now: number, sign: string): ServiceError =>
  new ServiceError(
    'InvalidSignatureException',
    `${what} ${basic(bound)} (${basic(now)} ${sign} ${SKEW_MINUTES} min.)`,
  );
