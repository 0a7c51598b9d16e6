import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import aws4 from 'aws4';
import fc from 'fast-check';
import { HttpHead } from '../../src/core/http-head.ts';
import { SigV4Verifier } from '../../src/identity/sigv4/verifier.ts';
import { rounds } from '../support/random.ts';
import { accessKeyId, account, openWorld, secret, type World } from './world.ts';

interface Signed {
  readonly method: string;
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const word = fc.stringMatching(/^[A-Za-z0-9-]{1,12}$/);
const value = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
const request = fc.record({
  method: fc.constantFrom('POST', 'GET', 'PUT', 'DELETE'),
  path: fc.array(fc.stringMatching(/^[A-Za-z0-9~_.:@!$'()*,;=&+ é-]{1,8}$/), { maxLength: 3 }).filter(noDots),
  query: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 8 }), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  headers: fc.dictionary(
    word.map((name) => `x-amz-t-${name.toLowerCase()}`),
    value,
    { maxKeys: 4, noNullPrototype: true },
  ),
  body: fc.string({ unit: 'grapheme', maxLength: 200 }),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

function noDots(segments: readonly string[]): boolean {
  return segments.every((segment) => segment !== '.' && segment !== '..');
}

const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const pathOf = ({ path }: Request): string => `/${path.map(encoded).join('/')}`;
const queryOf = ({ query }: Request): string =>
  Object.entries(query)
    .filter(([name, text]) => (name + text).isWellFormed())
    .map(([name, text]) => `${encoded(name)}=${encoded(text)}`)
    .join('&');

const signers: Readonly<Record<string, (request: Request, now: Date) => Promise<Signed>>> = {
  async '@smithy/signature-v4'(source, now) {
    const signer = new SignatureV4({
      credentials: { accessKeyId, secretAccessKey: secret },
      region: 'eu-central-1',
      service: 'kms',
      sha256: Sha256,
    });
    const query = new URLSearchParams(queryOf(source));
    const { headers } = await signer.sign(
      {
        method: source.method,
        protocol: 'https:',
        hostname: 'localhost',
        path: pathOf(source),
        query: Object.fromEntries(query),
        headers: { ...source.headers, host: 'localhost', 'content-type': 'application/x-amz-json-1.1' },
        body: source.body,
      },
      { signingDate: now },
    );
    const target = query.size === 0 ? pathOf(source) : `${pathOf(source)}?${queryOf(source)}`;
    return { method: source.method, target, headers, body: source.body };
  },
  async aws4(source, now) {
    const query = queryOf(source);
    const signed = aws4.sign(
      {
        service: 'kms',
        region: 'eu-central-1',
        method: source.method,
        host: 'localhost',
        path: query === '' ? pathOf(source) : `${pathOf(source)}?${query}`,
        headers: {
          ...source.headers,
          'Content-Type': 'application/x-amz-json-1.1',
          'X-Amz-Date': now.toISOString().replaceAll(/[-:]|\.\d{3}/g, ''),
        },
        body: source.body,
      },
      { accessKeyId, secretAccessKey: secret },
    );
    return {
      method: source.method,
      target: String(signed.path),
      headers: Object.fromEntries(Object.entries(signed.headers ?? {}).map(([k, v]) => [k, String(v)])),
      body: source.body,
    };
  },
};

const lines = (headers: Record<string, string>): string[] => Object.entries(headers).flat();

describe('signatures of others', () => {
  let world: World;
  before(async () => {
    world = await openWorld();
  });
  after(() => world.close());

  const authenticate = async (signed: Signed) => {
    const head = new HttpHead(signed.method, signed.target, lines(signed.headers), '127.0.0.1');
    return new SigV4Verifier(world).authenticate(head, 'kms', hash('sha256', signed.body, 'hex'));
  };

  for (const [name, sign] of Object.entries(signers)) {
    test(`${name}: any request verifies, and none with one byte changed`, async () => {
      await fc.assert(
        fc.asyncProperty(request, fc.nat(), fc.integer({ min: 1, max: 94 }), async (source, at, shift) => {
          const signed = await sign(source, new Date(world.clock.ms));
          assert.equal((await authenticate(signed)).caller.account, account);
          for (const changed of changes(signed, at, shift)) {
            await assert.rejects(authenticate(changed), { name: 'ServiceError' }, JSON.stringify(changed));
          }
        }),
        { seed: 4, numRuns: rounds(60) },
      );
    });
  }
});

/** One printable character becomes another, once in each part of the request. */
function* changes(signed: Signed, at: number, shift: number): Generator<Signed> {
  const other = (text: string): string => {
    const i = at % text.length;
    const code = 32 + ((text.charCodeAt(i) - 32 + shift) % 95);
    return text.slice(0, i) + String.fromCharCode(code) + text.slice(i + 1);
  };
  yield { ...signed, method: signed.method === 'GET' ? 'PUT' : 'GET' };
  yield { ...signed, target: `${signed.target}${signed.target.includes('?') ? '&' : '?'}added=1` };
  yield { ...signed, target: `/other${signed.target}` };
  if (signed.body !== '') yield { ...signed, body: other(signed.body) };
  yield { ...signed, body: `${signed.body} ` };
  for (const [name, text] of Object.entries(signed.headers)) {
    const changed = other(text);
    // Runs of spaces count as one, and the field names of Authorization may be padded.
    const same = changed.trim().replaceAll(/ {2,}/g, ' ') === text.trim().replaceAll(/ {2,}/g, ' ');
    const padded = name.toLowerCase() === 'authorization' && changed[at % text.length] === ' ';
    if (!same && !padded) yield { ...signed, headers: { ...signed.headers, [name]: changed } };
  }
}
