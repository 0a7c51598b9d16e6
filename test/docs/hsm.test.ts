/** Runs the shell blocks of docs/hsm.md in their order, in one shell, as a reader would. */
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
  folder = await mkdtemp(join(tmpdir(), 'lockholm-hsm-page-'));
  server = await startServer();
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** "On the server's machine `--cluster-id` finds them all." */
const LOOKED_UP = '(unset LOCKHOLM_HSM; lockholm hsm info --cluster-id "$CLUSTER" | sed "s/^/found: /")';

test('a cluster is made, activated and used as the page says', { timeout: 120_000 }, async () => {
  const { code, stdout, stderr } = await runShell(
    [lockholmFunction, ...shellBlocks('docs/hsm.md'), LOOKED_UP].join('\n'),
    {
      cwd: folder,
      env: { ...clientEnvironment(server), AWS_DEFAULT_OUTPUT: 'json', LOCKHOLM_DATA: server.data },
    },
  );
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  assert.match(stderr, /self-signature verify OK/);
  assert.match(stdout, /"State": "INITIALIZE_IN_PROGRESS"/);
  assert.match(stdout, /0 s:CN = hsm-\w+, O = cluster-\w+, OU = active/);
  assert.match(stdout, /state +initialized\n[\s\S]*proven +yes, by the trust anchor/);
  assert.match(stdout, /^attack at dawnKEY +LABEL/m, 'decrypted in the HSM');
  assert.match(stdout, /type +export\n/);
  assert.match(stdout, /state +joining\n[\s\S]*proven +NO/);
  assert.equal([...stdout.matchAll(/^hsm-\w+ +yes +/gm)].length, 2, 'both members are online');
  assert.equal([...stdout.matchAll(/^found: state +active$/gm)].length, 2, 'found through the server');
  assert.match(stdout, /GENERATE_KEY +ok +alice/);
  assert.match(stdout, /entries, 1 to \d+, follow each other and are signed by the HSM/);
  assert.match(await readFile(join(folder, 'unlock-code.txt'), 'utf8'), /^(?:\w{4}-){6}\w{4}\n$/);
  assert.match(await readFile(join(folder, 'shown.txt'), 'utf8'), /1 s:CN = cluster-\w+/);
});
