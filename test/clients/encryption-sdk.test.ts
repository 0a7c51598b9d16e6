/** The AWS Encryption SDK while its key lives, in JavaScript and in Python. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildClient, CommitmentPolicy, KmsKeyringNode } from '@aws-crypto/client-node';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  type KMSClient,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { startServer, type TestServer } from '../support/server.ts';
import { clientEnvironment, kmsClient } from './environment.ts';
import { runPythonSuite } from './python-suite.ts';

let server: TestServer;
let kms: KMSClient;
before(async () => {
  server = await startServer();
  // The SDK makes its own clients, from the environment.
  Object.assign(process.env, clientEnvironment(server));
  kms = kmsClient(server);
});
after(async () => {
  kms.destroy();
  await server.stop();
});

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const plaintext = Buffer.from('attack at dawn');
const encryptionContext = { purpose: 'test' };

const keyring = (generatorKeyId: string, ...keyIds: string[]) =>
  new KmsKeyringNode({ generatorKeyId, keyIds });

const createKey = async (): Promise<string> => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  return KeyMetadata?.Arn ?? '';
};

const opens = async (message: Buffer, arn: string): Promise<void> => {
  const opened = await decrypt(keyring(arn), message);
  assert.deepEqual(opened.plaintext, plaintext);
  assert.equal(opened.messageHeader.encryptionContext.purpose, 'test');
};

test('the Encryption SDK for JavaScript follows the whole life of a key', async () => {
  const arn = await createKey();
  const KeyId = arn;
  const alias = arn.replace(/key\/.*$/, 'alias/encryption-sdk');
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/encryption-sdk', TargetKeyId: KeyId }));
  const { result: byAlias } = await encrypt(keyring(alias), plaintext, { encryptionContext });
  await opens(byAlias, arn);

  const { result: message } = await encrypt(keyring(arn), plaintext, { encryptionContext });
  await kms.send(new RotateKeyOnDemandCommand({ KeyId }));
  await opens(message, arn);
  await opens((await encrypt(keyring(arn), plaintext, { encryptionContext })).result, arn);

  await kms.send(new DisableKeyCommand({ KeyId }));
  await assert.rejects(decrypt(keyring(arn), message), /is disabled/);
  await assert.rejects(encrypt(keyring(arn), plaintext, { encryptionContext }), /is disabled/);
  await kms.send(new EnableKeyCommand({ KeyId }));
  await opens(message, arn);

  await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
  await assert.rejects(decrypt(keyring(arn), message), /is pending deletion/);
  await kms.send(new CancelKeyDeletionCommand({ KeyId }));
  await kms.send(new EnableKeyCommand({ KeyId }));
  await opens(message, arn);
});

test('a message under two keys opens with either, and with no third', async () => {
  const [one, two, three] = [await createKey(), await createKey(), await createKey()];
  const { result } = await encrypt(keyring(one, two), plaintext, { encryptionContext });
  await opens(result, one);
  await opens(result, two);
  await assert.rejects(decrypt(keyring(three), result));
});

test('the Encryption SDK for Python follows the whole life of a key', () =>
  runPythonSuite('encryption_sdk_life', server, 4));
