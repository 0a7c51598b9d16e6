/** What the AWS SDK for JavaScript sees of an account: its keys in pages, managed keys, and what is not built yet. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateGrantCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  type KMSClient,
  KMSServiceException,
  paginateListKeys,
  ScheduleKeyDeletionCommand,
  SignCommand,
  UnsupportedOperationException,
} from '@aws-sdk/client-kms';
import { startServer, type TestServer } from '../support/server.ts';
import { kmsClient } from './environment.ts';
import { collect, fails, failsNamed } from './sdk.ts';

let server: TestServer;
let kms: KMSClient;
before(async () => {
  server = await startServer();
  kms = kmsClient(server);
});
after(async () => {
  kms.destroy();
  await server.stop();
});

test('keys are listed in pages, each once', async () => {
  const created: (string | undefined)[] = [];
  for (let count = 0; count < 7; count += 1) {
    created.push((await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId);
  }
  const { all, count } = await collect(
    paginateListKeys({ client: kms, pageSize: 3 }, {}),
    (page) => page.Keys,
  );
  const ids = all.map(({ KeyId }) => KeyId);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(count, Math.ceil(ids.length / 3));
  for (const id of created) assert.ok(ids.includes(id));
});

test('an AWS managed alias makes its key when it is used, and the key stays as it is', async () => {
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/aws/s3' }));
  const KeyId = KeyMetadata?.KeyId;
  assert.equal(KeyMetadata?.KeyManager, 'AWS');
  const again = await kms.send(new DescribeKeyCommand({ KeyId: 'alias/aws/s3' }));
  assert.equal(again.KeyMetadata?.KeyId, KeyId);
  await assert.rejects(kms.send(new ScheduleKeyDeletionCommand({ KeyId })), KMSServiceException);
  await assert.rejects(kms.send(new DisableKeyCommand({ KeyId })), KMSServiceException);
});

test('what is not built yet says so', async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const KeyId = KeyMetadata?.KeyId;
  await fails(
    kms.send(new SignCommand({ KeyId, Message: Buffer.from('a'), SigningAlgorithm: 'ECDSA_SHA_256' })),
    UnsupportedOperationException,
  );
  await failsNamed(
    kms.send(
      new CreateGrantCommand({
        KeyId,
        GranteePrincipal: 'arn:aws:iam::000000000000:root',
        Operations: ['Encrypt'],
      }),
    ),
    'UnsupportedOperationException',
  );
  await fails(
    kms.send(new CreateKeyCommand({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })),
    UnsupportedOperationException,
  );
});
