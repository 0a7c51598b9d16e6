/**
 * Verifies AWS Signature Version 4 of requests signed in their headers, or their query where the service allows it.
 * `authenticate` lists its checks; each fails with the error and the words that AWS has for it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Caller } from '../../core/call.ts';
import type { Clock } from '../../core/clock.ts';
import { ServiceError } from '../../core/errors.ts';
import type { HttpHead } from '../../core/http-head.ts';
import type { Region } from '../../core/ids.ts';
import { Recent } from '../../core/recent.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import type { Rows } from '../../store/rows-contract.ts';
import type { Authenticated, Authenticator } from '../authenticator.ts';
import {
  type Credential,
  incomplete,
  type ParsedAuthorization,
  parseAuthorization,
  SIGNATURE_LENGTH,
  type SignatureTerms,
  termsPrefix,
} from './authorization.ts';
import { canonicalRequest, type PathStyle, stringToSign } from './canonical.ts';
import { type ChunkSeed, SIGNED_CHUNKS } from './chunk-signatures.ts';
import { isPresigned, parsePresigned } from './presigned.ts';
import { type SigningKey, SigningKeys } from './signing-keys.ts';
import { checkSkew, type SignatureTime, signatureTime } from './time.ts';

export interface SigV4Parts {
  readonly rows: Rows;
  readonly engine: Engine;
  readonly clock: Clock;
  /** Regions that are served; all when absent. */
  readonly regions?: ReadonlySet<string>;
  /** Names, without port, under which clients may address us; any when absent. */
  readonly hosts?: ReadonlySet<string>;
}

/** What differs between services. Without `presigned`, signatures in the query are refused. */
export interface SigV4Policy {
  readonly path: PathStyle;
  readonly presigned?: true;
}
const standardPolicy: SigV4Policy = { path: 'normalised' };

const TERMINATOR = 'aws4_request';
const DATE_LENGTH = 8;
const HEX_SIGNATURE = /^[0-9a-f]{64}$/;
const MAX_TERMS = 4096;

export class SigV4Verifier implements Authenticator {
  readonly #parts: SigV4Parts;
  readonly #policies: ReadonlyMap<string, SigV4Policy>;
  readonly #keys: SigningKeys;
  readonly #terms = new Recent<SignatureTerms>({ entries: MAX_TERMS });

  /** `policies` by service, for those that differ from the standard. */
  constructor(parts: SigV4Parts, policies: ReadonlyMap<string, SigV4Policy> = new Map()) {
    this.#parts = parts;
    this.#policies = policies;
    this.#keys = new SigningKeys(parts.rows, parts.engine);
  }

  authenticate(head: HttpHead, service: string, payloadHash: string): Authenticated | Promise<Authenticated> {
    const now = this.#parts.clock.now();
    const policy = this.#policies.get(service) ?? standardPolicy;
    if (policy.presigned && isPresigned(head))
      return this.#authenticateQuery(head, service, payloadHash, now);
    const header = authorizationHeader(head);
    const time = signatureTime(head);
    const { terms, signature, seen } = this.#parse(header, time !== undefined);
    if (time === undefined) throw incomplete('the signature has no time');
    const region = this.#checkScope(terms.credential, service, time);
    checkSkew(time, now);
    this.#checkSignedHeaders(head, terms);
    checkPayloadHash(head, payloadHash);
    const request = canonicalRequest(head, terms, policy.path, payloadHash);
    const text = stringToSign(time.text, terms.credential.scope, request);
    const sessionToken = head.get('x-amz-security-token');
    const chunks = payloadHash.startsWith(SIGNED_CHUNKS) ? time : undefined;
    const check = { signature, text, sessionToken, chunks };
    const key = this.#keys.kept(terms.credential, now);
    if (key === undefined) return this.#load(terms, check, region, now);
    const caller = decide(check, key);
    if (!seen) this.#remember(terms);
    return chunks === undefined ? { caller, region } : { caller, region, ...seedOf(terms, check, key) };
  }

  /** As `authenticate`, of a request that is signed in its query. */
  #authenticateQuery(
    head: HttpHead,
    service: string,
    payloadHash: string,
    now: number,
  ): Authenticated | Promise<Authenticated> {
    const { head: signed, terms, signature, time, sessionToken } = parsePresigned(head, now);
    const region = this.#checkScope(terms.credential, service, time);
    this.#checkSignedHeaders(signed, terms, 'x-amz-');
    const request = canonicalRequest(signed, terms, 'as-sent', payloadHash || 'UNSIGNED-PAYLOAD');
    const text = stringToSign(time.text, terms.credential.scope, request);
    const check = { signature, text, sessionToken, chunks: undefined };
    const key = this.#keys.kept(terms.credential, now);
    if (key === undefined) return this.#load(terms, check, region, now);
    return { caller: decide(check, key), region };
  }

  async #load(terms: SignatureTerms, check: Check, region: Region, now: number): Promise<Authenticated> {
    const key = await this.#keys.load(terms.credential, now);
    const caller = decide(check, key);
    this.#keys.keep(terms.credential, key);
    this.#remember(terms);
    return { caller, region, ...seedOf(terms, check, key) };
  }

  /** Only what has verified, so that strangers cannot displace it. */
  #remember(terms: SignatureTerms): void {
    if (terms.prefix !== undefined) this.#terms.set(terms.prefix, terms);
  }

  #parse(header: string, dated: boolean): ParsedAuthorization & { readonly seen: boolean } {
    const prefix = termsPrefix(header);
    const terms = prefix === undefined || !dated ? undefined : this.#terms.get(prefix);
    if (terms !== undefined) return { terms, signature: header.slice(-SIGNATURE_LENGTH), seen: true };
    return { ...parseAuthorization(header, dated), seen: false };
  }

  #checkScope(credential: Credential, service: string, time: SignatureTime): Region {
    const { region, date } = credential;
    const served = region !== undefined && (this.#parts.regions?.has(region) ?? true);
    const right = served && credential.service === service && credential.terminator === TERMINATOR;
    if (!right || !time.text.startsWith(date) || date.length !== DATE_LENGTH) {
      throw invalidSignature(wrongScope(credential, served, service, time));
    }
    return region;
  }

  /** Whatever a header says about the request that is not signed, somebody on the way may have put there. */
  #checkSignedHeaders(head: HttpHead, terms: SignatureTerms, also = 'content-type'): void {
    const signed = terms.signedHeaders;
    if (!signed.includes('host')) throw notSigned("Host' or ':authority");
    for (const name of head.names) {
      if ((name.startsWith('x-amz-') || name === also) && !signed.includes(name)) throw notSigned(name);
    }
    const host = head.get('host')?.replace(/:\d+$/, '').toLowerCase() ?? '';
    if (head.repeats('host') || !(this.#parts.hosts?.has(host) ?? true)) throw mismatch();
  }
}

interface Check {
  readonly signature: string;
  /** The string to sign. */
  readonly text: string;
  readonly sessionToken: string | undefined;
  /** The signature's time, where the body's chunks are signed too. */
  readonly chunks: SignatureTime | undefined;
}

function seedOf(
  { credential: { scope } }: SignatureTerms,
  { signature, chunks }: Check,
  { key }: SigningKey,
): { readonly chunkSeed?: ChunkSeed } {
  return chunks === undefined ? {} : { chunkSeed: { key, signature, time: chunks.text, scope } };
}

function decide(check: Check, key: SigningKey): Caller {
  const matches = signatureMatches(key, check.text, check.signature);
  // Temporary credentials do not exist yet, so a session token belongs to no key.
  if (key.caller === undefined || check.sessionToken !== undefined) throw unrecognized();
  if (!matches) throw mismatch();
  return key.caller;
}

/** AWS tells all that is wrong with a scope at once. */
function wrongScope(credential: Credential, served: boolean, service: string, time: SignatureTime): string {
  const { regionText, terminator, date } = credential;
  const day = time.text.slice(0, DATE_LENGTH);
  const wrong: string[] = [];
  if (!served) wrong.push(`Credential should be scoped to a valid region, not '${regionText}'. `);
  if (credential.service !== service) {
    wrong.push(`Credential should be scoped to correct service: '${service}'. `);
  }
  if (terminator !== TERMINATOR) {
    wrong.push(`Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${terminator}'. `);
  }
  if (date !== day) {
    wrong.push(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `'${date}' != '${day}', from '${time.text}'. `,
    );
  }
  return wrong.join('').trimEnd();
}

function authorizationHeader(head: HttpHead): string {
  const header = head.get('authorization');
  if (header === undefined || !header.startsWith('AWS4-')) {
    throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  if (head.repeats('authorization')) throw incomplete('The request has more than one Authorization header.');
  if (/(?:^|&)X-Amz-Algorithm=/.test(head.query)) {
    throw invalidSignature(
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  }
  return header;
}

/** UNSIGNED-PAYLOAD and STREAMING-... are the hash of nothing. */
function checkPayloadHash(head: HttpHead, payloadHash: string): void {
  const declared = head.get('x-amz-content-sha256');
  if (declared !== undefined && declared !== payloadHash) throw mismatch();
}

const expected = Buffer.alloc(SIGNATURE_LENGTH);
const given = Buffer.alloc(SIGNATURE_LENGTH);

function signatureMatches({ key }: SigningKey, text: string, signature: string): boolean {
  const wellFormed = HEX_SIGNATURE.test(signature);
  expected.write(createHmac('sha256', key).update(text).digest('hex'), 'latin1');
  given.write(wellFormed ? signature : '', 'latin1');
  return timingSafeEqual(expected, given) && wellFormed;
}

const invalidSignature = (message: string): ServiceError =>
  new ServiceError('InvalidSignatureException', message);
const notSigned = (name: string): ServiceError =>
  invalidSignature(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
const unrecognized = (): ServiceError =>
  new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.');
const mismatch = (): ServiceError =>
  invalidSignature(
    'The request signature we calculated does not match the signature you provided. ' +
      'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
