/** Runs the shell blocks of docs/s3.md in their order, as a reader would, against a running server. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clientEnvironment } from '../clients/environment.ts';
import { runShell, shellBlocks } from '../support/documents.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let folder: string;
before(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), 'lockholm-s3-page-'));
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('every command on the page works', { timeout: 120_000 }, async () => {
  await mkdir(join(folder, 'data'));
  for (const name of ['credentials', 'config'] as const) {
    const from = name === 'config' ? server.configFile : server.credentialsFile;
    await copyFile(from, join(folder, 'data', name));
  }
  const { PATH = '' } = clientEnvironment(server);
  const env = { PATH, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' };
  const outcome = await runShell(shellBlocks('docs/s3.md').join('\n'), { cwd: folder, env });
  assert.equal(outcome.code, 0, `${outcome.stdout}\n${outcome.stderr}`);
  for (const expected of [
    /^for your eyes\nAES256\n/m,
    /^AWS\n/m,
    /^not readable now\nfor your eyes\n/m,
    /"SSEAlgorithm": "aws:kms"/,
    /^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f-]+$/m,
    /remove_bucket: reports/,
  ]) {
    assert.match(outcome.stdout, expected);
  }
  assert.doesNotMatch(outcome.stdout, /still readable/);
});
