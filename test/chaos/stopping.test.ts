import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer, type TestServer } from '../support/server.ts';
import { readJournal } from './journal.ts';
import { isAlive, partsOf, unseen } from './processes.ts';
import { signedCall } from './signed.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const CALLS = 24;

let folder: string;
let server: TestServer;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockholm-chaos-'));
  server = await startServer({ data: join(folder, 'data') });
});
after(async () => {
  await server.kill();
  rmSync(folder, { recursive: true, force: true });
});

const refused = async (endpoint: string): Promise<boolean> => {
  const response = await fetch(`${endpoint}/healthz`).catch(() => undefined);
  await response?.body?.cancel();
  return response === undefined;
};

/** Sends the head, waits until the server has it (it then asks for the body), and sends half of the body. */
async function beginCall(operation: string, input: object): Promise<{ sent: ClientRequest; rest: string }> {
  const { request: sent, body } = signedCall(server, operation, input);
  sent.setHeader('Expect', '100-continue');
  sent.flushHeaders();
  await once(sent, 'continue');
  const half = body.length >> 1;
  sent.write(body.slice(0, half));
  return { sent, rest: body.slice(half) };
}

test('a second server on the same folder is refused, and told who holds it', async () => {
  const args = [main, 'serve', '--data', server.data, '--listen', '127.0.0.1:0'];
  const second = spawnSync(process.execPath, args, { encoding: 'utf8', env: {}, timeout: 30_000 });
  assert.equal(second.status, 1, second.stderr);
  assert(second.stderr.includes(`another Lockholm server, process ${server.pid}, uses the data folder`));
  assert.match(second.stderr, /stop it, or name another folder/);
  assert.equal(second.stdout, '');
  assert.equal(await refused(server.endpoint), false);
});

test('SIGTERM answers what is under way, then exits with 0', { skip: unseen }, async () => {
  const children = [...partsOf(server.pid).values()];
  const calls = await Promise.all(
    Array.from({ length: CALLS }, (_, i) => beginCall('CreateKey', { Description: `call ${i}` })),
  );
  const answers = calls.map(({ sent }) => once(sent, 'response') as Promise<[IncomingMessage]>);
  const stopped = server.stop();
  while (!(await refused(server.endpoint))) await sleep(5);
  for (const { sent, rest } of calls) sent.end(rest);
  const ids: string[] = [];
  for (const answer of answers) {
    const [response] = await answer;
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers.connection, 'close');
    ids.push(String(response.headers['x-amzn-requestid']));
    response.resume();
    await once(response, 'end');
  }
  assert.equal(await stopped, 0);
  assert.deepEqual(children.filter(isAlive), []);

  const { events } = await readJournal(server.data);
  const told = events.filter(({ envelope }) => envelope.errorCode === undefined);
  const requests = new Set(told.map(({ envelope }) => envelope.requestId));
  assert.deepEqual(
    ids.filter((id) => !requests.has(id)),
    [],
  );
});
