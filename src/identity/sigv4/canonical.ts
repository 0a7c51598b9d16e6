/**
 * The canonical request and the string to sign (AWS IAM user guide, "Create a signed AWS API request"). Header
 * lines and the request target are as Node gives them: each byte of the wire is one character.
 */
import { hash } from 'node:crypto';
import type { HttpHead } from '../../core/http-head.ts';
import { ALGORITHM, type SignatureTerms } from './authorization.ts';

/** All services but S3 normalise the path and encode it once more than it is on the wire. */
export type PathStyle = 'normalised' | 'as-sent';

const ONLY_UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const PATH_UNRESERVED = /^[A-Za-z0-9\-._~/]*$/;
const DOT_SEGMENT = /\/\.{0,2}(?:\/|$)/;

export function stringToSign(amzDate: string, scope: string, canonicalRequest: string): string {
  // As the wire's bytes, not as those of a text in UTF-8.
  const bytes = Buffer.from(canonicalRequest, 'latin1');
  return `${ALGORITHM}\n${amzDate}\n${scope}\n${hash('sha256', bytes, 'hex')}`;
}

export function canonicalRequest(
  head: HttpHead,
  terms: SignatureTerms,
  pathStyle: PathStyle,
  payloadHash: string,
): string {
  let headers = '';
  for (const name of terms.signedHeaders) headers += `${name}:${headerValue(head, name)}\n`;
  const path = canonicalPath(head.path, pathStyle);
  const query = head.query === '' ? '' : canonicalQuery(head.query);
  return `${head.method}\n${path}\n${query}\n${headers}\n${terms.signedHeadersText}\n${payloadHash}`;
}

/** Values of lines of one name are joined in the order of the lines; an absent header counts as empty. */
function headerValue(head: HttpHead, name: string): string {
  const { names, values } = head;
  const first = names.indexOf(name);
  if (first === -1) return '';
  let value = trimmed(values[first] as string);
  for (let i = names.indexOf(name, first + 1); i !== -1; i = names.indexOf(name, i + 1)) {
    value += `,${trimmed(values[i] as string)}`;
  }
  return value;
}

function trimmed(value: string): string {
  const inner = value.trim();
  return inner.includes('  ') ? inner.replaceAll(/ {2,}/g, ' ') : inner;
}

export function canonicalPath(path: string, style: PathStyle): string {
  if (path === '/' || path === '') return '/';
  if (style === 'as-sent') return path;
  const normal = !DOT_SEGMENT.test(path) ? path : withoutDotSegments(path);
  return PATH_UNRESERVED.test(normal) ? normal : normal.split('/').map(encodeBytes).join('/');
}

/** RFC 3986, section 5.2.4, and empty segments dropped. */
function withoutDotSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const slash = kept.length > 0 && /\/(?:\.{1,2})?$/.test(path) ? '/' : '';
  return `/${kept.join('/')}${slash}`;
}

/** Parameters sorted by encoded name, then value; each encoded once however it was encoded on the wire. */
export function canonicalQuery(query: string): string {
  const parameters = query.split('&').filter((parameter) => parameter !== '');
  const pairs = parameters.map((parameter) => {
    const equals = parameter.indexOf('=');
    const [name, value] =
      equals === -1 ? [parameter, ''] : [parameter.slice(0, equals), parameter.slice(equals + 1)];
    return { name: encodeBytes(decodeBytes(name)), value: encodeBytes(decodeBytes(value)) };
  });
  pairs.sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
  return pairs.map(({ name, value }) => `${name}=${value}`).join('&');
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Percent escapes become the characters of their bytes; what is no escape stays. */
const decodeBytes = (text: string): string =>
  text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function encodeBytes(text: string): string {
  if (ONLY_UNRESERVED.test(text)) return text;
  return text.replaceAll(
    /[^A-Za-z0-9\-._~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
