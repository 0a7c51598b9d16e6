/** Backup and restore as an operator does them: commands, a real server, AWS's SDK. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import { lockholm } from '../support/command-line.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from './node.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
before(async () => {
  folder = await temporaryFolder();
  server = await startServer({ data: join(folder.path, 'data') });
});
after(async () => {
  await server.stop();
  await folder.remove();
});
const path = (name: string): string => join(folder.path, name);
const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

async function client(credentialsFile: string): Promise<KMSClient> {
  const text = await readFile(credentialsFile, 'utf8');
  const value = (name: string): string => new RegExp(`^${name} = (.*)$`, 'm').exec(text)?.[1] ?? '';
  return new KMSClient({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: {
      accessKeyId: value('aws_access_key_id'),
      secretAccessKey: value('aws_secret_access_key'),
    },
  });
}

async function succeeds(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await lockholm(args);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('a server that was lost comes back from its backup, its journal and its seal', async () => {
  const kms = await client(server.credentialsFile);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const KeyId = KeyMetadata?.KeyId;
  const { KeyMetadata: other } = await kms.send(new CreateKeyCommand({}));
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('kept') }));

  const made = await succeeds('backup', 'create', path('backup'), '--data', server.data);
  assert.match(made, /^Backup \S+: .* in .*\/backup\.$/m);
  assert.match(await succeeds('backup', 'list', '--data', server.data), /Complete/);
  assert.match(await succeeds('backup', 'verify', path('backup')), /^whole +yes/m);
  const twice = await lockholm(['backup', 'create', path('backup/store.db'), '--data', server.data]);
  assert.equal(twice.code, 1);
  assert.match(twice.stderr, /is there already/);

  await kms.send(new DisableKeyCommand({ KeyId: other?.KeyId }));
  await server.kill();
  const args = ['backup', 'restore', path('backup'), '--data', path('restored')];
  const said = await succeeds(...args, '--journal', path('data/journal'));
  const [seal = '', serve = ''] = said.split('\n').filter((line) => line.startsWith('  '));
  assert.match(seal, /install -m 600 \S+ \S+\/restored\/seal$/);
  assert.match(serve, /lockholm serve --data \S+\/restored$/);
  assert.match((await lockholm(args)).stderr, /not empty/);

  await assert.rejects(startServer({ data: path('restored') }), /seal/);
  await copyFile(path('data/seal'), path('restored/seal'));
  server = await startServer({ data: path('restored') });
  const again = await client(path('data/credentials'));
  const { Plaintext } = await again.send(new DecryptCommand({ CiphertextBlob }));
  assert.equal(Buffer.from(Plaintext ?? []).toString(), 'kept');
  const described = await again.send(new DescribeKeyCommand({ KeyId: other?.KeyId }));
  assert.equal(described.KeyMetadata?.KeyState, 'Disabled');
});

test('commands print JSON, and fail with a message that says what to do', async () => {
  const verified = JSON.parse(await succeeds('backup', 'verify', path('backup'), '--json'));
  assert.deepEqual([verified.ManifestAuthenticated, verified.DomainEpoch], [false, 1]);
  const begun = JSON.parse(
    await succeeds('backup', 'create', path('second'), '--data', server.data, '--no-wait', '--json'),
  );
  assert.equal(begun.Path, path('second'));
  const listed = JSON.parse(await succeeds('backup', 'list', '--data', server.data, '--json'));
  assert.equal(listed.Backups.length, 2);

  await appendFile(path('backup/store.db'), 'x');
  const failing: [RegExp, ...string[]][] = [
    [/store\.db has \d+ bytes.*another backup/, 'backup', 'verify', path('backup')],
    [/is damaged/, 'backup', 'restore', path('backup'), '--data', path('new')],
    [/is no backup: it has no manifest\.json/, 'backup', 'verify', path('data')],
    [
      /in the data folder: choose a place outside/,
      'backup',
      'create',
      path('restored/b'),
      '--data',
      server.data,
    ],
    [/make that folder first/, 'backup', 'create', path('no/where'), '--data', server.data],
    [/No server runs/, 'backup', 'create', path('x'), '--data', path('data')],
  ];
  for (const [message, ...args] of failing) {
    const { code, stdout, stderr } = await lockholm(args);
    assert.equal(code, 1, args.join(' '));
    assert.match(stderr, message);
    assert.equal(stdout, '');
  }
  assert.equal((await lockholm(['backup', 'restore', path('backup')])).code, 2);
});

const waitForRotation = () =>
  spawn(process.execPath, [main, 'domain', 'rotate', '--wait', '--data', server.data], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });

test('a rotation of the domain key is begun and shown', async () => {
  const waiting = waitForRotation();
  const ended = once(waiting, 'close');
  const said = waiting.stderr.setEncoding('utf8').toArray();
  const show = () => succeeds('domain', 'show', '--data', server.data);
  let shown = await show();
  while (/^rotation +none/m.test(shown)) shown = await show();
  waiting.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
  assert.match(
    (await said).join(''),
    /^lockholm: The rotation goes on in the server\. .*lockholm domain show$/m,
  );
  shown = await show();
  assert.match(shown, /^epoch/m);
  assert.match(shown, /^rotation +(?!none)/m);
  const again = await lockholm(['domain', 'rotate', '--data', server.data]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /under way/);

  const joining = waitForRotation();
  const left = once(joining, 'close');
  const [notice] = await once(joining.stderr.setEncoding('utf8'), 'data');
  assert.match(notice, /^A rotation is under way already: waiting/);
  joining.kill('SIGINT');
  assert.deepEqual(await left, [130, null]);
});
