/** Runs the shell blocks of docs/byok.md in their order, in one shell, as a reader would. */
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
  folder = await mkdtemp(join(tmpdir(), 'lockholm-byok-'));
  server = await startServer();
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('key material goes in, away and in again as the page says', async () => {
  const blocks = shellBlocks('docs/byok.md');
  const { code, stdout, stderr } = await runShell(blocks.join('\n'), {
    cwd: folder,
    env: { ...clientEnvironment(server), AWS_DEFAULT_OUTPUT: 'json' },
  });
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  const states = [...stdout.matchAll(/^"?(PendingImport|Enabled)"?$/gm)].map(([, state]) => state);
  assert.deepEqual(states, ['PendingImport', 'Enabled', 'PendingImport']);
  assert.equal(stdout.split('attack at dawn').length, 4, 'decrypted before, and under both imports after');
  assert.match(stdout, /"KEY_MATERIAL_EXPIRES"/);
  assert.match(stdout, /"KeyMaterialState": "NON_CURRENT"/);
  assert.match(stdout, /"KeyMaterialDescription": "second"/);
  assert.ok(!(await readFile(join(folder, 'secret.enc'))).includes('attack'));
});
