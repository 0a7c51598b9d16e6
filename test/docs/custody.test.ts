/** Runs the shell blocks of docs/custody.md in their order, as a reader would. */
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
  folder = await mkdtemp(join(tmpdir(), 'lockholm-custody-'));
  server = await startServer();
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the page takes to be there. */
const setting = `
KEY=$(aws kms create-key --query KeyMetadata.KeyId --output text)
aws kms create-alias --alias-name alias/payroll --target-key-id "$KEY"
aws s3api create-bucket --bucket invoices > /dev/null
echo plain > plain
aws s3api put-object --bucket invoices --key 2026/11 --body plain > /dev/null
`;

test('every command of the page answers', async () => {
  const script = [lockholmFunction, setting, ...shellBlocks('docs/custody.md')].join('\n');
  const { code, stdout, stderr } = await runShell(script, {
    cwd: folder,
    env: { ...clientEnvironment(server), LOCKHOLM_DATA: server.data },
  });
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
  assert.deepEqual(
    report.subjects.map(({ kind }: { kind: string }) => kind),
    ['key', 's3-root', 'bucket'],
  );
  assert.match(await readFile(join(folder, 'report.html'), 'utf8'), /<h1>Who could read it<\/h1>/);
  assert.match(stdout, /thief-of-disk, material: alone/);
});
