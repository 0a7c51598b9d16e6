/**
 * The Authorization header of Signature Version 4: "AWS4-HMAC-SHA256 Credential=<access key id>/<date>/<region>/
 * <service>/aws4_request, SignedHeaders=<name;name>, Signature=<hex>". Errors in AWS's words.
 */
import { hash } from 'node:crypto';
import { ServiceError } from '../../core/errors.ts';
import { parseRegion, type Region } from '../../core/ids.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';

export interface Credential {
  /** As in the header: what signing keys are cached by. */
  readonly text: string;
  readonly accessKeyId: string;
  /** YYYYMMDD. */
  readonly date: string;
  readonly regionText: string;
  /** undefined when the text is no Region's name. */
  readonly region: Region | undefined;
  readonly service: string;
  readonly terminator: string;
  /** Without the access key id, as in the string to sign. */
  readonly scope: string;
}

/** All of the header but the signature: the same for every request of a client on one day. */
export interface SignatureTerms {
  /** Up to the signature; undefined where the signature is not what the header ends with. */
  readonly prefix: string | undefined;
  readonly credential: Credential;
  /** As in the header. */
  readonly signedHeadersText: string;
  readonly signedHeaders: readonly string[];
}

export const SIGNATURE_LENGTH = 64;
const SIGNATURE_FIELD = 'Signature=';

export const incomplete = (message: string): ServiceError =>
  new ServiceError('IncompleteSignatureException', message);

/** What the header says beside the signature when it ends with one: the key for caches. */
export function termsPrefix(header: string): string | undefined {
  const end = header.length - SIGNATURE_LENGTH;
  return header.startsWith(SIGNATURE_FIELD, end - SIGNATURE_FIELD.length) ? header.slice(0, end) : undefined;
}

export interface ParsedAuthorization {
  readonly terms: SignatureTerms;
  readonly signature: string;
}

/** `dated`: the request has an X-Amz-Date or Date header, whose absence is told together with the rest. */
export function parseAuthorization(header: string, dated: boolean): ParsedAuthorization {
  const space = header.indexOf(' ');
  const algorithm = space === -1 ? header : header.slice(0, space);
  if (algorithm !== ALGORITHM) throw incomplete(`Unsupported AWS 'algorithm': '${algorithm}'.`);
  const fields = parseFields(header, header.slice(algorithm.length));
  const absent = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !fields.get(name));
  if (absent.length > 0 || !dated) throw incomplete(absentFields(header, absent, dated));
  const signedHeadersText = fields.get('SignedHeaders') ?? '';
  return {
    terms: {
      prefix: termsPrefix(header),
      credential: parseCredential(fields.get('Credential') ?? ''),
      signedHeadersText,
      signedHeaders: signedHeadersText.split(';'),
    },
    signature: fields.get('Signature') ?? '',
  };
}

function parseFields(header: string, text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const part of text.split(',')) {
    const field = part.trim();
    if (field === '') continue;
    const equals = field.indexOf('=');
    if (equals === -1) {
      throw incomplete(
        `'${field}' not a valid key=value pair (missing equal-sign) in Authorization header ` +
          `(hashed with SHA-256 and encoded with Base64): '${digest(header)}'.`,
      );
    }
    fields.set(field.slice(0, equals), field.slice(equals + 1));
  }
  return fields;
}

function absentFields(header: string, absent: readonly string[], dated: boolean): string {
  const told = absent.map((name) => `Authorization header requires '${name}' parameter. `);
  if (!dated) {
    told.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
  }
  return `${told.join('')}(Hashed with SHA-256 and encoded with Base64) Authorization=${digest(header)}`;
}

/** AWS does not give the header back, which may hold a secret that was put there by mistake. */
const digest = (header: string): string => hash('sha256', header, 'base64');

function parseCredential(text: string): Credential {
  const parts = text.split('/');
  const [accessKeyId = '', date = '', regionText = '', service = '', terminator = ''] = parts;
  if (parts.length !== 5) {
    throw incomplete(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, ' +
        `got '${text}'`,
    );
  }
  const scope = text.slice(accessKeyId.length + 1);
  const region = parseRegion(regionText);
  return { text, accessKeyId, date, regionText, region, service, terminator, scope };
}
