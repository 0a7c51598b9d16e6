/** Buckets of a running server: their names, their lives, their encryption. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startServer, type TestServer } from '../support/server.ts';
import { expectPut, expectRefusal, type Put, type Refused, type S3Call, s3Caller } from './s3-raw.ts';

let server: TestServer;
let s3: S3Call;
before(async () => {
  server = await startServer();
  s3 = s3Caller(server);
  await s3('PUT', '/bucket');
});
after(() => server.stop());
const refused: Refused = (...request) => expectRefusal(s3, ...request);
const put: Put = (...request) => expectPut(s3, ...request);

describe('buckets', () => {
  test('have proper names', async () => {
    for (const name of [
      'ab',
      'Upper',
      'a..b',
      '-a-',
      '192.168.1.1',
      'xn--abc',
      'healthz',
      'a_b',
      'x'.repeat(64),
    ]) {
      const reply = await s3('PUT', `/${name}`);
      // What the server answers itself is no bucket at all.
      if (name === 'healthz') assert.equal(reply.status, 405);
      else assert.deepEqual([reply.status, reply.code], [400, 'InvalidBucketName'], name);
    }
  });

  test('are made once, listed, located and deleted when empty', async () => {
    const place =
      '<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>';
    assert.equal((await s3('PUT', '/abroad', { body: place })).status, 200);
    await refused([409, 'BucketAlreadyOwnedByYou'], 'PUT', '/abroad', { body: place });
    assert.equal((await s3('PUT', '/bucket')).status, 200);
    const abroad = { region: 'eu-west-1' };
    assert.equal((await s3('HEAD', '/abroad', abroad)).headers['x-amz-bucket-region'], 'eu-west-1');
    assert.match((await s3('GET', '/')).text, /<Name>abroad<\/Name>.*<Name>bucket<\/Name>/);
    const first = (await s3('GET', '/?max-buckets=1')).text;
    assert.match(first, /<Name>abroad<\/Name>/);
    const token = /<ContinuationToken>(.*?)</.exec(first)?.[1];
    assert.doesNotMatch((await s3('GET', `/?continuation-token=${token}`)).text, /<Name>abroad/);
    assert.equal((await s3('PUT', '/abroad/x', { ...abroad, body: 'x' })).status, 200);
    await refused([409, 'BucketNotEmpty'], 'DELETE', '/abroad', abroad);
    assert.equal((await s3('DELETE', '/abroad/x', abroad)).status, 204);
    assert.equal((await s3('DELETE', '/abroad', abroad)).status, 204);
    await refused([404, 'NoSuchBucket'], 'GET', '/abroad', abroad);
    await refused([404, 'NoSuchBucket'], 'PUT', '/abroad/x', { ...abroad, body: 'x' });
    const malformed = '<CreateBucketConfiguration><Other/></CreateBucketConfiguration>';
    await refused([400, 'MalformedXML'], 'PUT', '/another', { body: malformed });
    await refused([400, 'MalformedXML'], 'PUT', '/another', {
      body: '<!DOCTYPE a><CreateBucketConfiguration/>',
    });
  });

  test('have an owner to expect', async () => {
    const expected = { headers: { 'x-amz-expected-bucket-owner': '000000000000' } };
    assert.equal((await s3('GET', '/bucket', expected)).status, 200);
    const other = { headers: { 'x-amz-expected-bucket-owner': '111122223333' } };
    await refused([403, 'AccessDenied'], 'GET', '/bucket', other);
  });

  test('have an encryption of their own', async () => {
    const rule = (inner: string): string =>
      `<ServerSideEncryptionConfiguration><Rule>${inner}</Rule></ServerSideEncryptionConfiguration>`;
    const byDefault = (inner: string, after = '') =>
      rule(`<ApplyServerSideEncryptionByDefault>${inner}</ApplyServerSideEncryptionByDefault>${after}`);
    const kms = byDefault('<SSEAlgorithm>aws:kms</SSEAlgorithm>');
    const given = (body: string) => ({ body, headers: { 'Content-MD5': hash('md5', body, 'base64') } });
    await refused([400, 'InvalidRequest'], 'PUT', '/bucket?encryption', { body: kms });
    await refused([400, 'BadDigest'], 'PUT', '/bucket?encryption', { ...given(kms), body: `${kms} ` });
    const bucketKey = byDefault(
      '<SSEAlgorithm>aws:kms</SSEAlgorithm>',
      '<BucketKeyEnabled>true</BucketKeyEnabled>',
    );
    await refused([501, 'NotImplemented'], 'PUT', '/bucket?encryption', given(bucketKey));
    const other = byDefault('<SSEAlgorithm>rot13</SSEAlgorithm>');
    await refused([400, 'MalformedXML'], 'PUT', '/bucket?encryption', given(other));
    assert.equal((await s3('PUT', '/bucket?encryption', given(kms))).status, 200);
    assert.match((await s3('GET', '/bucket?encryption')).text, /<SSEAlgorithm>aws:kms<\/SSEAlgorithm>/);
    const { headers } = await put('/bucket/by-default', 'x');
    assert.equal(headers['x-amz-server-side-encryption'], 'aws:kms');
    assert.notEqual(headers.etag, `"${hash('md5', 'x')}"`);
    assert.equal((await s3('DELETE', '/bucket?encryption')).status, 204);
    assert.match((await s3('GET', '/bucket?encryption')).text, /<SSEAlgorithm>AES256<\/SSEAlgorithm>/);
    assert.equal((await put('/bucket/by-default', 'x')).headers['x-amz-server-side-encryption'], 'AES256');
    await put('/bucket/by-default', 'x', { 'x-amz-server-side-encryption': 'AES256' });
  });
});
