/** Key material of one's own with three stock clients, and what a restart finds when it expired meanwhile. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  ExpirationModelType,
  IncorrectKeyMaterialException,
  InvalidCiphertextException,
  InvalidImportTokenException,
  KMS,
  KMSInvalidStateException,
  UnsupportedOperationException,
} from '@aws-sdk/client-kms';
import { DAY_MS } from '../../src/core/clock.ts';
import { until } from '../support/cloudhsm.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { wraps } from '../support/wrapping.ts';
import { aws, clientEnvironment, readCredentials } from './environment.ts';
import { runPythonSuite } from './python-suite.ts';
import { fails } from './sdk.ts';

const FOREVER = ExpirationModelType.KEY_MATERIAL_DOES_NOT_EXPIRE;
const algorithms = ['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256'] as const;
let server: TestServer;
let folder: string;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockholm-import-'));
  server = await startServer();
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const client = (to: TestServer): KMS =>
  new KMS({ endpoint: to.endpoint, region: 'us-east-1', credentials: readCredentials(to.credentialsFile) });

async function wrapped(
  kms: KMS,
  KeyId: string,
  material: Uint8Array,
  algorithm: (typeof algorithms)[number],
) {
  const made = await kms.getParametersForImport({
    KeyId,
    WrappingAlgorithm: algorithm,
    WrappingKeySpec: 'RSA_2048',
  });
  assert.ok(made.PublicKey && made.ImportToken && made.ParametersValidTo);
  assert.ok(Math.abs(made.ParametersValidTo.getTime() - Date.now() - DAY_MS) < 60_000);
  return {
    KeyId,
    ImportToken: made.ImportToken,
    EncryptedKeyMaterial: wraps[algorithm]?.(made.PublicKey, material),
  };
}

test('the AWS SDK for JavaScript brings material in, deletes it and brings it back', async () => {
  const kms = client(server);
  const { KeyId = '', Arn } = (await kms.createKey({ Origin: 'EXTERNAL' })).KeyMetadata ?? {};
  const material = randomBytes(32);
  const first = await wrapped(kms, KeyId, material, 'RSAES_OAEP_SHA_256');
  await fails(
    kms.encrypt({ KeyId, Plaintext: material }),
    KMSInvalidStateException,
    `${Arn} is pending import.`,
  );
  const damaged = { ...first, EncryptedKeyMaterial: randomBytes(256), ExpirationModel: FOREVER };
  await assert.rejects(kms.importKeyMaterial(damaged), InvalidCiphertextException);
  const done = await kms.importKeyMaterial({ ...first, ExpirationModel: FOREVER });
  assert.equal(done.KeyId, Arn);
  await fails(kms.importKeyMaterial({ ...first, ExpirationModel: FOREVER }), InvalidImportTokenException);
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Buffer.from('x') });
  const deleted = await kms.deleteImportedKeyMaterial({ KeyId });
  assert.deepEqual([deleted.KeyId, deleted.KeyMaterialId], [Arn, done.KeyMaterialId]);
  await fails(kms.decrypt({ CiphertextBlob }), KMSInvalidStateException);
  const other = await wrapped(kms, KeyId, randomBytes(32), 'RSA_AES_KEY_WRAP_SHA_256');
  await fails(kms.importKeyMaterial({ ...other, ExpirationModel: FOREVER }), IncorrectKeyMaterialException);
  const back = await wrapped(kms, KeyId, material, 'RSA_AES_KEY_WRAP_SHA_256');
  const ValidTo = new Date(Math.ceil(Date.now() / 1000) * 1000 + DAY_MS);
  await kms.importKeyMaterial({ ...back, ValidTo });
  const { KeyMetadata } = await kms.describeKey({ KeyId });
  assert.deepEqual(KeyMetadata?.ValidTo, ValidTo);
  assert.equal(KeyMetadata?.ExpirationModel, 'KEY_MATERIAL_EXPIRES');
  assert.equal(KeyMetadata?.CurrentKeyMaterialId, done.KeyMaterialId);
  const { Plaintext } = await kms.decrypt({ CiphertextBlob });
  assert.equal(Buffer.from(Plaintext ?? []).toString(), 'x');
  await fails(kms.enableKeyRotation({ KeyId }), UnsupportedOperationException);
  kms.destroy();
});

test('boto3 does the same, and rotates to new material', () => runPythonSuite('import_life', server, 4));

test('the aws command does the same', async () => {
  const env = { ...clientEnvironment(server), AWS_DEFAULT_OUTPUT: 'json' };
  const run = async (...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)(aws, ['kms', ...args], { env });
    return stdout.trim() === '' ? {} : JSON.parse(stdout);
  };
  const file = (name: string, content: Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return `fileb://${join(folder, name)}`;
  };
  const key = (await run('create-key', '--origin', 'EXTERNAL')).KeyMetadata.KeyId;
  const material = randomBytes(32);
  for (const algorithm of algorithms) {
    const made = await run(
      ...['get-parameters-for-import', '--key-id', key, '--wrapping-key-spec', 'RSA_3072'],
      ...['--wrapping-algorithm', algorithm],
    );
    const blob = wraps[algorithm]?.(Buffer.from(made.PublicKey, 'base64'), material);
    assert.ok(blob);
    const done = await run(
      ...['import-key-material', '--key-id', key, '--expiration-model', FOREVER],
      ...['--import-token', file('token', Buffer.from(made.ImportToken, 'base64'))],
      ...['--encrypted-key-material', file('wrapped', blob)],
    );
    const { KeyMetadata } = await run('describe-key', '--key-id', key);
    assert.equal(KeyMetadata.KeyState, 'Enabled');
    assert.equal(KeyMetadata.CurrentKeyMaterialId, done.KeyMaterialId);
    const deleted = await run('delete-imported-key-material', '--key-id', key);
    assert.equal(deleted.KeyMaterialId, done.KeyMaterialId);
    assert.equal((await run('describe-key', '--key-id', key)).KeyMetadata.KeyState, 'PendingImport');
  }
});

test('material that expired while the server was down is refused at once, and erased', async () => {
  const data = join(folder, 'data');
  const first = await startServer({ data });
  const kms = client(first);
  const { KeyId = '' } = (await kms.createKey({ Origin: 'EXTERNAL' })).KeyMetadata ?? {};
  const input = await wrapped(kms, KeyId, randomBytes(32), 'RSAES_OAEP_SHA_256');
  const ValidTo = new Date(Date.now() + 2000);
  await kms.importKeyMaterial({ ...input, ValidTo });
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Buffer.from('x') });
  kms.destroy();
  await first.kill();
  while (Date.now() <= ValidTo.getTime()) await sleep(50);
  const second = await startServer({ data });
  const again = client(second);
  try {
    await fails(again.decrypt({ CiphertextBlob }), KMSInvalidStateException);
    assert.equal((await again.describeKey({ KeyId })).KeyMetadata?.KeyState, 'PendingImport');
    await until('the erasure', async () => journal(data).includes('DeleteExpiredKeyMaterial') || undefined);
  } finally {
    again.destroy();
    await second.stop();
  }
});

const journal = (data: string): string =>
  readdirSync(join(data, 'journal'))
    .filter((name) => name.endsWith('.log'))
    .map((name) => readFileSync(join(data, 'journal', name), 'latin1'))
    .join('');
