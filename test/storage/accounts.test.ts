/** Buckets of two accounts on one server, and what the journal says of them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { lockholm } from '../support/command-line.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type S3Call, type S3Options, s3Caller } from './s3-raw.ts';

let server: TestServer;
let s3: S3Call;
let other: S3Options;
before(async () => {
  server = await startServer();
  s3 = s3Caller(server);
  const args = ['account', 'create', '--name', 'second', '--data', server.data, '--json'];
  const made = await lockholm(args);
  assert.equal(made.code, 0, made.stderr);
  const { AccessKey } = JSON.parse(made.stdout);
  other = {
    credentials: { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey },
  };
  await s3('PUT', '/first-bucket');
  await s3('PUT', '/first-bucket/secret-name', { body: 'x' });
});
after(() => server.stop());

test('a bucket is its account’s alone', async () => {
  const refused: readonly [string, string][] = [
    ['GET', '/first-bucket'],
    ['GET', '/first-bucket/secret-name'],
    ['PUT', '/first-bucket/secret-name'],
    ['DELETE', '/first-bucket/secret-name'],
    ['DELETE', '/first-bucket'],
    ['GET', '/first-bucket?encryption'],
  ];
  for (const [method, path] of refused) {
    const reply = await s3(method, path, { ...other, body: method === 'PUT' ? 'y' : '' });
    assert.deepEqual([reply.status, reply.code], [403, 'AccessDenied'], `${method} ${path}`);
  }
  assert.equal((await s3('HEAD', '/first-bucket', other)).status, 403);
  assert.equal((await s3('PUT', '/first-bucket', other)).code, 'BucketAlreadyExists');
  assert.doesNotMatch((await s3('GET', '/', other)).text, /first-bucket/);
  assert.equal((await s3('PUT', '/second-bucket', other)).status, 200);
  assert.equal((await s3('PUT', '/second-bucket/a', { ...other, body: 'other root' })).status, 200);
  assert.equal((await s3('GET', '/second-bucket/a', other)).text, 'other root');
  assert.equal((await s3('GET', '/first-bucket/secret-name')).text, 'x');
});

test('each call is in the journal, and names of objects only where they can be erased', async () => {
  const kms = { 'x-amz-server-side-encryption': 'aws:kms' };
  await s3('PUT', '/first-bucket/secret-name', { body: 'y', headers: kms });
  await s3('GET', '/first-bucket/secret-name');
  const { stdout } = await lockholm(['audit', 'tail', '--data', server.data, '--json', '-n', '100']);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const puts = events.filter(
    ({ eventName, eventSource }) => eventName === 'PutObject' && eventSource === 's3.amazonaws.com',
  );
  assert.equal(puts.at(-1)?.requestParameters.key, 'secret-name', stdout);
  const used = events.filter(({ eventName }) => eventName === 'GenerateDataKey' || eventName === 'Decrypt');
  assert.deepEqual(
    used.map(({ eventName, sourceIPAddress }) => [eventName, sourceIPAddress]),
    [
      ['GenerateDataKey', 's3.amazonaws.com'],
      ['Decrypt', 's3.amazonaws.com'],
    ],
  );
  assert.equal(
    used[0].requestParameters.encryptionContext['aws:s3:arn'],
    'arn:aws:s3:::first-bucket/secret-name',
  );
  assert.ok(events.some(({ eventName }) => eventName === 'CreateS3Root'));
});
