/** The whole life of a key with the `aws` command, in order. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startServer, type TestServer } from '../support/server.ts';
import { aws, clientEnvironment } from './environment.ts';

let server: TestServer;
let folder: string;
before(async () => {
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), 'lockholm-aws-'));
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const run = (args: readonly string[]) =>
  new Promise<{ code: unknown; output: string; errors: string }>((resolve) => {
    const options = { env: { ...clientEnvironment(server), AWS_DEFAULT_OUTPUT: 'json' } };
    execFile(aws, ['kms', ...args], options, (error, output, errors) =>
      resolve({ code: error?.code ?? 0, output, errors }),
    );
  });

/** What a command prints, which ends well. */
const kms = async (...args: readonly string[]): Promise<string> => {
  const { code, output, errors } = await run(args);
  assert.equal(code, 0, `${args.join(' ')}: ${errors}`);
  return output.trim();
};

const text = (query: string, ...args: readonly string[]): Promise<string> =>
  kms(...args, '--output', 'text', '--query', query);

const refused = async (code: string, ...args: readonly string[]): Promise<void> => {
  const result = await run(args);
  assert.notEqual(result.code, 0);
  assert.match(result.errors, new RegExp(`An error occurred \\(${code}\\)`));
};

const inFolder = (name: string) => join(folder, name);
const decodeTo = (name: string, base64: string): string => {
  writeFileSync(inFolder(name), Buffer.from(base64, 'base64'));
  return `fileb://${inFolder(name)}`;
};

describe('a key', () => {
  const context = ['--encryption-context', 'purpose=test,year=2026'];
  let key = '';
  let ciphertext = '';

  test('is created, described and renamed', async () => {
    key = await text(
      'KeyMetadata.KeyId',
      'create-key',
      '--description',
      'first',
      '--tags',
      'TagKey=a,TagValue=b',
    );
    assert.equal(await text('KeyMetadata.KeyState', 'describe-key', '--key-id', key), 'Enabled');
    assert.equal(await kms('update-key-description', '--key-id', key, '--description', 'second'), '');
    assert.equal(await text('KeyMetadata.Description', 'describe-key', '--key-id', key), 'second');
    assert.equal(await text('Keys[].KeyId', 'list-keys', '--page-size', '1'), key);
  });

  test('has aliases', async () => {
    assert.equal(await kms('create-alias', '--alias-name', 'alias/files', '--target-key-id', key), '');
    assert.equal(await kms('update-alias', '--alias-name', 'alias/files', '--target-key-id', key), '');
    const names = await text('Aliases[].AliasName', 'list-aliases', '--key-id', key);
    assert.equal(names, 'alias/files');
    await refused(
      'AlreadyExistsException',
      'create-alias',
      '--alias-name',
      'alias/files',
      '--target-key-id',
      key,
    );
  });

  test('encrypts a file and decrypts it, in the same context only', async () => {
    writeFileSync(inFolder('plain'), Buffer.from([0, 255, 10, 13]));
    const plain = `fileb://${inFolder('plain')}`;
    const encrypt = ['encrypt', '--key-id', 'alias/files', '--plaintext', plain, ...context];
    ciphertext = decodeTo('encrypted', await text('CiphertextBlob', ...encrypt));
    const opened = await text('Plaintext', 'decrypt', '--ciphertext-blob', ciphertext, ...context);
    decodeTo('opened', opened);
    assert.deepEqual(readFileSync(inFolder('opened')), readFileSync(inFolder('plain')));
    await refused('InvalidCiphertextException', 'decrypt', '--ciphertext-blob', ciphertext);
    await refused('DryRunOperationException', ...encrypt, '--dry-run');
  });

  test('makes data keys and random bytes, and moves ciphertexts', async () => {
    const size = async (query: string, ...args: readonly string[]) =>
      Buffer.from(await text(query, ...args), 'base64').length;
    assert.equal(await size('Plaintext', 'generate-data-key', '--key-id', key, '--key-spec', 'AES_256'), 32);
    const hidden = ['generate-data-key-without-plaintext', '--key-id', key, '--number-of-bytes', '9'];
    const dataKey = decodeTo('data-key', await text('CiphertextBlob', ...hidden));
    assert.equal(await size('Plaintext', 'decrypt', '--ciphertext-blob', dataKey), 9);
    assert.equal(await size('Plaintext', 'generate-random', '--number-of-bytes', '5'), 5);
    const moved = await text(
      'CiphertextBlob',
      ...[
        're-encrypt',
        '--ciphertext-blob',
        ciphertext,
        '--source-encryption-context',
        'purpose=test,year=2026',
      ],
      ...['--destination-key-id', key],
    );
    assert.equal(await size('Plaintext', 'decrypt', '--ciphertext-blob', decodeTo('moved', moved)), 4);
  });

  test('has tags and a policy', async () => {
    assert.equal(await kms('tag-resource', '--key-id', key, '--tags', 'TagKey=c,TagValue=d'), '');
    assert.equal(await kms('untag-resource', '--key-id', key, '--tag-keys', 'a'), '');
    assert.equal(await text('Tags[].[TagKey,TagValue]', 'list-resource-tags', '--key-id', key), 'c\td');
    writeFileSync(inFolder('policy'), await text('Policy', 'get-key-policy', '--key-id', key));
    assert.equal(
      await kms('put-key-policy', '--key-id', key, '--policy', `file://${inFolder('policy')}`),
      '',
    );
    assert.equal(await text('PolicyNames', 'list-key-policies', '--key-id', key), 'default');
  });

  test('rotates', async () => {
    assert.equal(await kms('enable-key-rotation', '--key-id', key, '--rotation-period-in-days', '90'), '');
    assert.equal(await text('RotationPeriodInDays', 'get-key-rotation-status', '--key-id', key), '90');
    assert.equal(await kms('disable-key-rotation', '--key-id', key), '');
    assert.equal(await text('KeyId', 'rotate-key-on-demand', '--key-id', key), key);
    assert.equal(await text('Rotations[].RotationType', 'list-key-rotations', '--key-id', key), 'ON_DEMAND');
    await kms('decrypt', '--ciphertext-blob', ciphertext, ...context);
    assert.equal(await text('KeyLastUsage.Operation', 'get-key-last-usage', '--key-id', key), 'Decrypt');
  });

  test('is disabled, nearly deleted, and used again', async () => {
    const decrypt = ['decrypt', '--ciphertext-blob', ciphertext, ...context];
    assert.equal(await kms('disable-key', '--key-id', key), '');
    await refused('DisabledException', ...decrypt);
    const schedule = ['schedule-key-deletion', '--key-id', key, '--pending-window-in-days', '7'];
    assert.equal(await text('KeyState', ...schedule), 'PendingDeletion');
    await refused('KMSInvalidStateException', ...decrypt);
    await kms('cancel-key-deletion', '--key-id', key);
    assert.equal(await kms('enable-key', '--key-id', key), '');
    await kms(...decrypt);
    assert.equal(await kms('delete-alias', '--alias-name', 'alias/files'), '');
    await refused('NotFoundException', 'describe-key', '--key-id', 'alias/files');
    await refused('UnsupportedOperationException', 'list-grants', '--key-id', key);
  });
});
