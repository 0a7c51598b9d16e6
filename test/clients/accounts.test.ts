/** Who calls: wrong credentials, and accounts that know nothing of each other. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  type KMSClient,
  KMSServiceException,
  ListAliasesCommand,
  ListKeysCommand,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { startServer, type TestServer } from '../support/server.ts';
import { type Credentials, kmsClient, readCredentials, root } from './environment.ts';
import { type RawCall, type RawOptions, rawCaller } from './raw.ts';

let server: TestServer;
let raw: RawCall;
before(async () => {
  server = await startServer();
  raw = rawCaller(server);
});
after(() => server.stop());

const createAccount = async (): Promise<{ readonly account: string; readonly credentials: Credentials }> => {
  const args = [join(root, 'src', 'main.ts'), 'account', 'create', '--data', server.data, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { AccountId: account, AccessKey } = JSON.parse(stdout);
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = AccessKey;
  return { account, credentials: { accessKeyId, secretAccessKey } };
};

const named = (name: string, message?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof KMSServiceException, String(error));
  assert.equal(error.name, name);
  if (message) assert.match(error.message, message);
  return true;
};

describe('a second account', () => {
  let first: KMSClient;
  let second: KMSClient;
  let account: string;
  let KeyId: string;
  let arn: string;

  before(async () => {
    const created = await createAccount();
    account = created.account;
    first = kmsClient(server);
    second = kmsClient(server, created.credentials);
    const { KeyMetadata } = await first.send(new CreateKeyCommand({}));
    KeyId = KeyMetadata?.KeyId ?? '';
    arn = KeyMetadata?.Arn ?? '';
    await first.send(new CreateAliasCommand({ AliasName: 'alias/shared', TargetKeyId: KeyId }));
  });
  after(() => {
    first.destroy();
    second.destroy();
  });

  test('sees no keys and aliases of the first', async () => {
    assert.deepEqual((await second.send(new ListKeysCommand({}))).Keys, []);
    const { Aliases = [] } = await second.send(new ListAliasesCommand({}));
    assert.equal(
      Aliases.some(({ AliasName }) => AliasName === 'alias/shared'),
      false,
    );
  });

  test('looks for key ids and aliases among its own', async () => {
    const message = new RegExp(`Key 'arn:aws:kms:us-east-1:${account}:key/${KeyId}' does not exist`);
    await assert.rejects(second.send(new DescribeKeyCommand({ KeyId })), named('NotFoundException', message));
    await assert.rejects(
      second.send(new EncryptCommand({ KeyId: 'alias/shared', Plaintext: Buffer.from('a') })),
      named('NotFoundException'),
    );
  });

  test("may not use the first's key, nor learn whether it is there", async () => {
    const missing = arn.replace(KeyId, '00000000-0000-4000-8000-000000000000');
    const Plaintext = Buffer.from('a');
    for (const KeyId of [arn, missing, arn.replace(/key\/.*/, 'alias/shared')]) {
      await assert.rejects(second.send(new DescribeKeyCommand({ KeyId })), named('AccessDeniedException'));
      await assert.rejects(
        second.send(new EncryptCommand({ KeyId, Plaintext })),
        named('AccessDeniedException'),
      );
    }
    await assert.rejects(
      second.send(new ScheduleKeyDeletionCommand({ KeyId: arn })),
      (error) => error instanceof KMSServiceException && error.name !== 'KMSInternalException',
    );
    const { CiphertextBlob } = await first.send(new EncryptCommand({ KeyId, Plaintext }));
    await assert.rejects(second.send(new DecryptCommand({ CiphertextBlob })), named('AccessDeniedException'));
    const { KeyMetadata: own } = await second.send(new CreateKeyCommand({}));
    await assert.rejects(
      second.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: own?.KeyId })),
      named('AccessDeniedException'),
    );
    assert.equal(own?.AWSAccountId, account);
    assert.equal((await first.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState, 'Enabled');
  });
});

describe('a request is refused', () => {
  const refused = async (type: string, options: RawOptions): Promise<void> => {
    const { status, json } = await raw('ListKeys', {}, options);
    assert.equal(json?.__type, type);
    assert.ok(status === 400 || status === 403, String(status));
  };
  const own = () => readCredentials(server.credentialsFile);

  test('with an unknown access key', () =>
    refused('UnrecognizedClientException', {
      credentials: { ...own(), accessKeyId: 'AKIAAAAAAAAAAAAAAAAA' },
    }));

  test('with a wrong secret', () =>
    refused('InvalidSignatureException', { credentials: { ...own(), secretAccessKey: 'wrong' } }));

  test('with a changed body', () =>
    refused('InvalidSignatureException', {
      alter: (request) => {
        request.body = '{"Limit":1}';
      },
    }));

  test('signed an hour ago, or in an hour', async () => {
    await refused('InvalidSignatureException', { now: new Date(Date.now() - 3_600_000) });
    await refused('InvalidSignatureException', { now: new Date(Date.now() + 3_600_000) });
  });

  test('signed for another service', () => refused('InvalidSignatureException', { service: 's3' }));

  test('with no signature', () =>
    refused('MissingAuthenticationTokenException', {
      alter: ({ headers }) => {
        delete headers.authorization;
      },
    }));

  test('with a broken signature', () =>
    refused('IncompleteSignatureException', {
      alter: ({ headers }) => {
        headers.authorization = 'AWS4-HMAC-SHA256 Credential=nonsense';
      },
    }));

  test('of an operation that is none', async () => {
    const { status, json } = await raw('MakeCoffee', {});
    assert.equal(status, 400);
    assert.equal(json?.__type, 'UnknownOperationException');
  });
});

test('any Region is served, each with its own keys', async () => {
  const elsewhere = await raw('CreateKey', {}, { region: 'eu-central-1' });
  const { Arn } = (elsewhere.json?.KeyMetadata ?? {}) as { readonly Arn?: string };
  assert.match(Arn ?? '', /^arn:aws:kms:eu-central-1:000000000000:key\//);
  const { json } = await raw('DescribeKey', { KeyId: Arn });
  assert.deepEqual(json, { __type: 'NotFoundException', message: 'Invalid arn eu-central-1' });
});
