import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clientEnvironment } from '../clients/environment.ts';
import { runShell, shellBlocks } from '../support/documents.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockholm-readme-'));
  server = await startServer({ data: join(folder, 'data') });
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const [commands = '', paste = '', firstMinutes = '', look = ''] = shellBlocks('README.md');

test('the two lines to paste name the files that the server wrote', async () => {
  const { code, stdout, stderr } = await runShell(
    `${paste}\ncat "$AWS_SHARED_CREDENTIALS_FILE" "$AWS_CONFIG_FILE"`,
    { cwd: folder, env: { PATH: process.env.PATH ?? '' } },
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /aws_secret_access_key = /);
  assert.ok(stdout.includes(server.endpoint));
});

test('the first five minutes work with the stock aws command, across a kill -9', async () => {
  const env = clientEnvironment(server);
  const { code, stdout, stderr } = await runShell(firstMinutes, { cwd: folder, env });
  assert.equal(code, 0, stderr);
  assert.equal(stdout.split('attack at dawn').length, 3, 'decrypted before and after the rotation');
  assert.ok(!(await readFile(join(folder, 'secret.enc'))).includes('attack'));

  const { port } = new URL(server.endpoint);
  await server.kill();
  server = await startServer({ data: join(folder, 'data'), listen: `127.0.0.1:${port}` });
  const decrypt = firstMinutes.slice(firstMinutes.lastIndexOf('aws kms decrypt'));
  const again = await runShell(decrypt, { cwd: folder, env });
  assert.equal(again.stdout, 'attack at dawn', again.stderr);
});

test('the commands that look at it show what happened', async () => {
  const lockholm = `${process.execPath} ${join(import.meta.dirname, '..', '..', 'src', 'main.ts')}`;
  const script = look.replaceAll('npm run -s lockholm --', lockholm);
  const { code, stdout, stderr } = await runShell(script, {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '' },
  });
  assert.equal(code, 0, stderr);
  for (const expected of ['RotateKeyOnDemand', 'Decrypt', server.endpoint])
    assert.ok(stdout.includes(expected));
});

test('the two commands are those of package.json', async () => {
  const { scripts } = JSON.parse(
    await readFile(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
  );
  const named = [...commands.matchAll(/^npm run (\S+)/gm)].map(([, name]) => name ?? '');
  assert.deepEqual(named, ['up', 'verify']);
  for (const name of named) assert.ok(name in scripts);
});
