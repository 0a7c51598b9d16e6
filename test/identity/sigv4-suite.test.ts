import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { HttpHead } from '../../src/core/http-head.ts';
import { parseAuthorization } from '../../src/identity/sigv4/authorization.ts';
import { canonicalRequest, stringToSign } from '../../src/identity/sigv4/canonical.ts';
import { SigV4Verifier } from '../../src/identity/sigv4/verifier.ts';
import { readVectors } from '../support/vectors.ts';
import { account, openWorld, type World } from './world.ts';

interface Case {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly authorization: string;
  readonly canonicalRequest: string;
  readonly stringToSign: string;
}
interface Suite {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly time: string;
  readonly service: string;
  readonly cases: readonly Case[];
}

/** Session tokens belong to no key yet. */
const refused: Readonly<Record<string, string>> = { 'post-sts-header-before': 'UnrecognizedClientException' };

const suite = readVectors<Suite>('sigv4/suite');
/** Node gives each byte of the request line and of header lines as one character. */
const wire = (text: string): string => Buffer.from(text).toString('latin1');

describe('the AWS Signature Version 4 test suite', () => {
  let world: World;
  before(async () => {
    world = await openWorld({ [suite.accessKeyId]: suite.secret });
    world.clock.ms = Date.parse(suite.time);
  });
  after(() => world.close());

  for (const item of suite.cases) {
    test(item.name, async () => {
      const lines = [...item.headers, ['Authorization', item.authorization]].flat().map(wire);
      const head = new HttpHead(item.method, wire(item.target), lines, '127.0.0.1');
      const payloadHash = hash('sha256', item.body, 'hex');
      const { terms } = parseAuthorization(item.authorization, true);
      const canonical = canonicalRequest(head, terms, 'normalised', payloadHash);
      assert.equal(canonical, item.canonicalRequest);
      const date = head.get('x-amz-date') ?? '';
      const text = stringToSign(date, terms.credential.scope, canonical);
      assert.equal(text, item.stringToSign);

      const verifier = new SigV4Verifier(world);
      const authenticate = async () => verifier.authenticate(head, suite.service, payloadHash);
      const code = refused[item.name];
      if (code === undefined) assert.equal((await authenticate()).caller.account, account);
      else await assert.rejects(authenticate, { code });
    });
  }

  test('all of it', () => assert.equal(suite.cases.length, 30));
});
