import assert from 'node:assert/strict';
import { createHmac, hash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../../src/core/errors.ts';
import { HttpHead } from '../../src/core/http-head.ts';
import { encodeBinding } from '../../src/engine/protocol/binding.ts';
import { accessKeyBinding } from '../../src/identity/access-keys.ts';
import { parseAuthorization } from '../../src/identity/sigv4/authorization.ts';
import { canonicalRequest, stringToSign } from '../../src/identity/sigv4/canonical.ts';
import { SigV4Verifier } from '../../src/identity/sigv4/verifier.ts';
import { rounds } from '../support/random.ts';
import { headOf, signedHeaders, type ToSign } from './signing.ts';
import { accessKeyId, account, openWorld, secret, type World } from './world.ts';

const credentials = { accessKeyId, secretAccessKey: secret };
const bodyHash = hash('sha256', '{}', 'hex');
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. ' +
  'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const UNKNOWN_TOKEN = 'The security token included in the request is invalid.';
const REPEATED = { Authorization: 'AWS4-HMAC-SHA256 Credential=a' };

describe('requests that are not signed as they must be', () => {
  let world: World;
  before(async () => {
    world = await openWorld();
    await world.putAccessKey('AKIAINACTIVE', 1, 'Inactive');
    world.engine.secrets.set('AKIAINACTIVE', secret);
  });
  after(() => world.close());

  const authenticate = async (head: HttpHead, payloadHash = bodyHash) =>
    new SigV4Verifier(world).authenticate(head, 'kms', payloadHash);
  const sign = (request: Partial<ToSign> = {}, signer = credentials): Record<string, string> =>
    signedHeaders(signer, { time: world.clock.ms, ...request });
  const refused = async (head: HttpHead, code: string, message: string): Promise<void> =>
    assert.rejects(authenticate(head), (error) => {
      assert.ok(error instanceof ServiceError);
      assert.deepEqual([error.code, error.wireMessage], [code, message]);
      return true;
    });
  const withAuthorization = (edit: (text: string) => string): HttpHead => {
    const headers = sign();
    return headOf({ ...headers, Authorization: edit(headers.Authorization ?? '') });
  };

  test('what is signed well is accepted', async () => {
    const { caller, region } = await authenticate(headOf(sign()));
    assert.deepEqual(
      { ...caller, region },
      {
        type: 'Root',
        account: '111122223333',
        arn: 'arn:aws:iam::111122223333:root',
        principalId: '111122223333',
        accessKeyId,
        region: 'eu-central-1',
      },
    );
  });

  test('no Authorization, another scheme, a presigned URL', async () => {
    const none = sign();
    delete none.Authorization;
    for (const head of [
      headOf(none),
      headOf({ ...none, Authorization: 'Basic YTpi' }),
      headOf(none, '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00'),
    ]) {
      await refused(head, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
  });

  test('Authorization twice, and in the query too', async () => {
    const lines = [...Object.entries(sign()), ...Object.entries(REPEATED)].flat();
    const twice = new HttpHead('POST', '/', lines, '127.0.0.1');
    await refused(
      twice,
      'IncompleteSignatureException',
      'The request has more than one Authorization header.',
    );
    await refused(
      headOf(sign(), '/?X-Amz-Algorithm=AWS4-HMAC-SHA256'),
      'InvalidSignatureException',
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  });

  test('another algorithm', () =>
    refused(
      withAuthorization((text) => text.replace('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA512')),
      'IncompleteSignatureException',
      "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'.",
    ));

  test('a field without equals sign, and missing fields', async () => {
    const malformed = 'AWS4-HMAC-SHA256 Credential, SignedHeaders=host, Signature=00';
    await refused(
      withAuthorization(() => malformed),
      'IncompleteSignatureException',
      "'Credential' not a valid key=value pair (missing equal-sign) in Authorization header " +
        `(hashed with SHA-256 and encoded with Base64): '${hash('sha256', malformed, 'base64')}'.`,
    );
    const header = 'AWS4-HMAC-SHA256 Foo=Bar';
    await refused(
      headOf({ host: 'localhost', Authorization: header }),
      'IncompleteSignatureException',
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
        "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of " +
        "either a 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization=" +
        hash('sha256', header, 'base64'),
    );
  });

  test('a credential without five parts', () =>
    refused(
      withAuthorization((text) => text.replace('/aws4_request', '')),
      'IncompleteSignatureException',
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, ' +
        `got '${accessKeyId}/20261124/eu-central-1/kms'`,
    ));

  test('wrong Region, service, terminator and date in the scope, told at once', () =>
    refused(
      withAuthorization((text) =>
        text.replace('20261124/eu-central-1/kms/aws4_request', '20261123/Nowhere/s3/aws5_request'),
      ),
      'InvalidSignatureException',
      "Credential should be scoped to a valid region, not 'Nowhere'. " +
        "Credential should be scoped to correct service: 'kms'. " +
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. " +
        'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        "'20261123' != '20261124', from '20261124T120000Z'.",
    ));

  test('a Region with a name longer than any has', () => {
    const name = `eu-${'a'.repeat(40)}-1`;
    return refused(
      withAuthorization((text) => text.replace('eu-central-1', name)),
      'InvalidSignatureException',
      `Credential should be scoped to a valid region, not '${name}'.`,
    );
  });

  test('a Region that is not served', async () => {
    const verifier = new SigV4Verifier({ ...world, regions: new Set(['us-east-1']) });
    assert.throws(() => verifier.authenticate(headOf(sign()), 'kms', bodyHash), {
      code: 'InvalidSignatureException',
      wireMessage: "Credential should be scoped to a valid region, not 'eu-central-1'.",
    });
  });

  test('a date that is none', () =>
    refused(
      headOf({ ...sign(), 'X-Amz-Date': '2026-11-24T12:00:00Z' }),
      'IncompleteSignatureException',
      "Date must be in ISO-8601 'basic format'. Got '2026-11-24T12:00:00Z'. " +
        'See http://en.wikipedia.org/wiki/ISO_8601',
    ));

  test('a Date header stands in for X-Amz-Date', async () => {
    const headers = { host: 'localhost', date: new Date(world.clock.ms).toUTCString() };
    const fields = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261124/eu-central-1/kms/aws4_request, SignedHeaders=date;host`;
    const { terms } = parseAuthorization(`${fields}, Signature=0`, true);
    const text = stringToSign(
      '20261124T120000Z',
      terms.credential.scope,
      canonicalRequest(headOf(headers), terms, 'normalised', bodyHash),
    );
    const binding = encodeBinding(accessKeyBinding(accessKeyId, account));
    const scope = { date: '20261124', region: 'eu-central-1', service: 'kms' };
    const { key } = await world.engine.call('signingKey', { binding, token: Buffer.of(), ...scope });
    const signature = createHmac('sha256', key).update(text).digest('hex');
    await authenticate(headOf({ ...headers, Authorization: `${fields}, Signature=${signature}` }));
  });

  test('fifteen minutes of skew pass, a second more does not', async () => {
    const at = (offset: number) => headOf(sign({ time: world.clock.ms + offset }));
    await authenticate(at(-900_000));
    await authenticate(at(900_000));
    await refused(
      at(-901_000),
      'InvalidSignatureException',
      'Signature expired: 20261124T114459Z is now earlier than 20261124T114500Z (20261124T120000Z - 15 min.)',
    );
    await refused(
      at(901_000),
      'InvalidSignatureException',
      'Signature not yet current: 20261124T121501Z is still later than 20261124T121500Z ' +
        '(20261124T120000Z + 15 min.)',
    );
  });

  test('host, x-amz-... and content-type that are not signed', async () => {
    const unsign = (name: string) => withAuthorization((text) => text.replace(new RegExp(`${name};?`), ''));
    const told = (name: string) => `'${name}' must be a 'SignedHeader' in the AWS Authorization.`;
    await refused(unsign('host'), 'InvalidSignatureException', told("Host' or ':authority"));
    for (const name of ['x-amz-target', 'x-amz-date', 'content-type']) {
      const headers = sign();
      const Authorization = (headers.Authorization ?? '').replace(`${name};`, '').replace(`;${name},`, ',');
      await refused(headOf({ ...headers, Authorization }), 'InvalidSignatureException', told(name));
    }
    await refused(
      headOf({ ...sign(), 'X-Amz-Added': 'a' }),
      'InvalidSignatureException',
      told('x-amz-added'),
    );
  });

  test('a service that signs its path as it is sent', async () => {
    const path = '/bucket//a%20b/../c';
    const policies = new Map([['s3', { path: 'as-sent' as const }]]);
    const verifier = new SigV4Verifier(world, policies);
    const head = headOf(sign({ service: 's3', path }), path);
    assert.equal((await verifier.authenticate(head, 's3', bodyHash)).caller.account, account);
    const standard = async () => new SigV4Verifier(world).authenticate(head, 's3', bodyHash);
    await assert.rejects(standard, { wireMessage: MISMATCH });
  });

  test('a host that is not ours, and two of them', async () => {
    const verifier = new SigV4Verifier({ ...world, hosts: new Set(['localhost']) });
    await verifier.authenticate(headOf(sign({ host: 'localhost:4566' })), 'kms', bodyHash);
    assert.throws(() => verifier.authenticate(headOf(sign({ host: 'elsewhere' })), 'kms', bodyHash), {
      wireMessage: MISMATCH,
    });
    const twice = new HttpHead('POST', '/', [...Object.entries(sign()).flat(), 'Host', 'b'], '');
    await refused(twice, 'InvalidSignatureException', MISMATCH);
  });

  test('another body, and payloads that are not signed', async () => {
    const other = hash('sha256', '{ }', 'hex');
    await assert.rejects(authenticate(headOf(sign()), other), { wireMessage: MISMATCH });
    for (const declared of [other, 'UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD']) {
      const head = headOf(sign({ headers: { 'X-Amz-Content-Sha256': declared } }));
      await refused(head, 'InvalidSignatureException', MISMATCH);
    }
    await authenticate(headOf(sign({ headers: { 'X-Amz-Content-Sha256': bodyHash } })));
  });

  test('an access key that is unknown or inactive, and a session token', async () => {
    for (const id of ['AKIANOBODY', 'AKIAINACTIVE']) {
      const head = headOf(sign({}, { ...credentials, accessKeyId: id }));
      await refused(head, 'UnrecognizedClientException', UNKNOWN_TOKEN);
    }
    const withToken = headOf(sign({ headers: { 'X-Amz-Security-Token': 'token' } }));
    await refused(withToken, 'UnrecognizedClientException', UNKNOWN_TOKEN);
  });

  test('a wrong secret, and signatures in another form', async () => {
    await refused(
      headOf(sign({}, { ...credentials, secretAccessKey: 'wrong' })),
      'InvalidSignatureException',
      MISMATCH,
    );
    for (const edit of [
      (text: string) => text.toUpperCase(),
      (text: string) => text.slice(1),
      (text: string) => `${text}00`,
      () => 'x',
    ]) {
      await refused(
        withAuthorization((text) => text.replace(/[0-9a-f]{64}$/, edit)),
        'InvalidSignatureException',
        MISMATCH,
      );
    }
  });

  test('the stand-in for unknown access keys signs nothing that is accepted', async () => {
    const head = headOf(sign({}, { accessKeyId: 'AKIANOBODY', secretAccessKey: '' }));
    await refused(head, 'UnrecognizedClientException', UNKNOWN_TOKEN);
  });
});

test('fuzz: any Authorization header parses or is refused as incomplete', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'Credential=',
      'SignedHeaders=',
      'Signature=',
      ',',
      ' ',
      '=',
      '/',
      'AWS4-HMAC-SHA256',
      'host;',
    ),
    fc.string({ maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.boolean(), (pieces, dated) => {
      try {
        parseAuthorization(`AWS4-HMAC-SHA256 ${pieces.join('')}`, dated);
      } catch (error) {
        assert.ok(error instanceof ServiceError);
        assert.equal(error.code, 'IncompleteSignatureException');
      }
    }),
    { seed: 21, numRuns: rounds(500) },
  );
});
