/** Runs docs/hsm.md up to its second HSM, then the shell blocks of docs/custom-key-store.md, in one shell, as a reader would. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clientEnvironment } from '../clients/environment.ts';
import { lockholmFunction, runShell, shellBlocks } from '../support/documents.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockholm-key-store-page-'));
  server = await startServer();
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Those before the second HSM is up; the page on HSMs goes on with its audit log. */
function clusterBlocks(): readonly string[] {
  const blocks = shellBlocks('docs/hsm.md');
  const end = blocks.findIndex((block) => block.includes('member approve "$(second HsmId)"'));
  assert.ok(end > 0);
  return blocks.slice(0, end + 1);
}

test('a store is made, used, disconnected and connected as the page says', { timeout: 120_000 }, async () => {
  const blocks = [lockholmFunction, ...clusterBlocks(), ...shellBlocks('docs/custom-key-store.md')];
  const { code, stdout, stderr } = await runShell(blocks.join('\n'), {
    cwd: folder,
    env: { ...clientEnvironment(server), AWS_DEFAULT_OUTPUT: 'json' },
  });
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  assert.match(stdout, /^AWS_CLOUDHSM\tcks-[0-9a-f]{17}\tEnabled$/m);
  assert.match(stdout, /GENERATE_KEY +ok +kmsuser/);
  assert.match(stderr, /An error occurred \(KMSInvalidStateException\)[^\n]* is unavailable\./);
  assert.match(stdout, /^Unavailable$/m);
  assert.ok(stdout.split('attack at dawn').length >= 3, 'decrypted before the disconnect and after');
  assert.ok(!(await readFile(join(folder, 'sealed'))).includes('attack'));
});
