/** Runs docs/hsm.md up to its crypto user, then docs/hsm-to-kms.md, in one shell, as a reader would. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clientEnvironment } from '../clients/environment.ts';
import { lockholmFunction, runShell, shellBlocks } from '../support/documents.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockholm-hsm-to-kms-'));
  server = await startServer();
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a key goes from an HSM into KMS, and again from its backup', { timeout: 180_000 }, async () => {
  const cluster = shellBlocks('docs/hsm.md');
  const user = cluster.findIndex((block) => block.includes('user create'));
  const script = [lockholmFunction, ...cluster.slice(0, user + 1), ...shellBlocks('docs/hsm-to-kms.md')];
  const { code, stdout, stderr } = await runShell(script.join('\n'), {
    cwd: folder,
    env: { ...clientEnvironment(server), AWS_DEFAULT_OUTPUT: 'json', LOCKHOLM_DATA: server.data },
  });
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  assert.equal([...stdout.matchAll(/attack at dawn/g)].length, 2, 'decrypted before, and after the restore');
  assert.equal([...stdout.matchAll(/^on record +for imports of account 000000000000$/gm)].length, 2);
  assert.match(stdout, /^backup-\w+\tREADY$/m);
  assert.match(stdout, /^PendingImport$/m);
  assert.equal(
    [...stdout.matchAll(/alice +RSA_AES_KEY_WRAP_SHA_256 /g)].length,
    2,
    'both receipts came back',
  );
  assert.match(stdout, /^ +key, HSM key exported to KMS, Enabled$/m);
});
