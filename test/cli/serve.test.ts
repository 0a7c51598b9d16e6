import assert from 'node:assert/strict';
import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { lockholm } from '../support/command-line.ts';
import { startServer, type TestServer } from '../support/server.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const folder = mkdtempSync(join(tmpdir(), 'lockholm-serve-'));
let server: TestServer;
let taken: Server;
before(async () => {
  server = await startServer();
  taken = createServer().listen(0, '127.0.0.1');
});
after(async () => {
  taken.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function refused(message: RegExp, code: number, ...args: readonly string[]): Promise<void> {
  const outcome = await lockholm([
    'serve',
    '--listen',
    '127.0.0.1:0',
    '--data',
    join(folder, 'data'),
    ...args,
  ]);
  assert.equal(outcome.code, code, outcome.stderr);
  assert.match(outcome.stderr.split('\n').findLast((line) => line !== '') ?? '', message);
  assert.equal(outcome.stdout, '');
}

test('a second server on one data folder is refused, and names the first', async () => {
  await refused(
    new RegExp(`lockholm: .*process ${server.pid}.*stop it, or name another folder`),
    1,
    '--data',
    server.data,
  );
});

test('an address that cannot be had is refused with what to do', async () => {
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const use = `127.0.0.1:${port}`;
  await refused(new RegExp(`lockholm: ${use} is used by another program.*--listen`), 1, '--listen', use);
  await refused(
    /lockholm: 192\.0\.2\.1:0 cannot be listened on.*no address of this machine/,
    1,
    '--listen',
    '192.0.2.1:0',
  );
  assert.equal(existsSync(join(folder, 'data')), false, 'and nothing was made');
});

test('a folder for the seal that is not there is not made', async () => {
  const seal = join(folder, 'stick', 'seal');
  await refused(
    /lockholm: There is no folder .*stick for the seal/,
    1,
    '--seal',
    seal,
    '--data',
    join(folder, 'other'),
  );
  assert.equal(existsSync(join(folder, 'other')), false);
});

test('a first start with a seal that cannot be used makes nothing', async () => {
  const [seal, data] = [join(folder, 'seal-link'), join(folder, 'unmade')];
  symlinkSync(join(server.data, 'seal'), seal);
  await refused(/lockholm: The seal .* is a symbolic link.*--seal/, 1, '--seal', seal, '--data', data);
  assert.equal(existsSync(data), false);
});

test('a setting that is not allowed starts nothing', async () => {
  await refused(/lockholm: --log-level: "loud" is not allowed: one of/, 2, '--log-level', 'loud');
});

async function served(stdio: StdioOptions, args: readonly string[], env = {}) {
  const child = spawn(process.execPath, [main, 'serve', '--listen', '127.0.0.1:0', ...args], { stdio, env });
  const seen = { text: '' };
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk) => {
      seen.text += chunk;
      if (seen.text.includes(' serves ')) resolve();
    });
  }
  const exited = once(child, 'exit');
  void exited.then(() => resolve());
  await promise;
  return { child, seen, exited };
}

test('a server that was started with a channel stops when its starter is gone', async () => {
  const data = join(folder, 'by-another');
  const { child, exited } = await served(['ignore', 'pipe', 'pipe', 'ipc'], ['--data', data]);
  child.disconnect();
  assert.deepEqual(await exited, [0, null]);
});

test('a server opens no debugger at SIGUSR1, and takes settings of any size', async () => {
  const data = join(folder, 'large');
  const facts = Array.from(
    { length: 2_000 },
    (_, i) =>
      `  - { fact: sealedmem, host: host-${i}-${'x'.repeat(100)}, declared-by: A, declared-at: "2026-01-01" }\n`,
  );
  const config = join(folder, 'large.yaml');
  writeFileSync(config, `facts:\n${facts.join('')}`);
  const args = ['--data', data, '--config', config];
  const { child, seen, exited } = await served(['ignore', 'pipe', 'pipe'], args);
  child.kill('SIGUSR1');
  const { code, stdout } = await lockholm(['status', '--data', data, '--json']);
  assert.equal(code, 0, seen.text);
  assert.equal(JSON.parse(stdout).Facts.length, 2_000);
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
  assert.doesNotMatch(seen.text, /debugger/i);
});

test('a server that runs is told by status, and stopped is not', async () => {
  const own = await startServer({ data: join(folder, 'own') });
  const status = () => lockholm(['status', '--data', own.data, '--json']);
  const { ProcessId, Endpoint, Accounts } = JSON.parse((await status()).stdout);
  assert.deepEqual([ProcessId, Endpoint, Accounts], [own.pid, own.endpoint, 1]);
  assert.equal(await own.stop(), 0);
  const stopped = await status();
  assert.equal(stopped.code, 1);
  assert.match(stopped.stderr, /No server runs/);
});

test('a killed server leaves a folder that the next one serves, with the same account', async () => {
  const data = join(folder, 'killed');
  const killed = await startServer({ data });
  const accounts = async () => (await lockholm(['access-key', 'list', '--data', data])).stdout;
  const before = await accounts();
  await killed.kill();
  const next = await startServer({ data });
  assert.equal(await accounts(), before);
  await next.stop();
});
