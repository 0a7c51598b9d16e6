import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { callOperator } from '../../src/cli/operator-client.ts';
import { findOperatorSocket, placeOperatorSocket } from '../../src/operator/socket.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockholm-socket-'));
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Answers each connection with its name, in HTTP. */
const listen = (name: string) => (path: string) =>
  new Promise<void>((resolve, reject) => {
    const server = createServer((socket) => {
      const body = JSON.stringify({ name });
      socket.once('data', () =>
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      );
    });
    servers.push(server);
    server.once('error', reject);
    server.listen(path, resolve);
  });
const folderNamed = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
};
const answered = async (data: string) => (await callOperator<{ name: string }>(data, 'X', {})).name;

test('the socket is for its owner alone, and gone with the server', async () => {
  const data = folderNamed('plain');
  const remove = await placeOperatorSocket(data, listen('a'));
  assert.deepEqual(readdirSync(data), ['operator.sock']);
  assert.equal(statSync(join(data, 'operator.sock')).mode & 0o777, 0o600);
  assert.equal(await answered(data), 'a');
  await remove();
  assert.deepEqual(readdirSync(data), []);
});

test('what a killed server left is replaced', async () => {
  const data = folderNamed('killed');
  await placeOperatorSocket(data, listen('first'));
  const remove = await placeOperatorSocket(data, listen('second'));
  assert.equal(await answered(data), 'second');
  await remove();
});

test('a socket that cannot be made leaves nothing behind', async () => {
  const data = folderNamed('refused');
  await assert.rejects(
    placeOperatorSocket(data, async () => {
      throw new Error('no');
    }),
    /no/,
  );
  assert.deepEqual(readdirSync(data), []);
});

test('a data folder with a long path has its socket in a private folder, the same one at each start', async () => {
  const data = folderNamed(`${'long/'.repeat(20)}data`);
  const removeFirst = await placeOperatorSocket(data, listen('first'));
  const path = await findOperatorSocket(data);
  assert.ok(path);
  assert.notEqual(dirname(path), data);
  assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
  assert.equal(await answered(data), 'first');
  await removeFirst();
  const remove = await placeOperatorSocket(data, listen('second'));
  assert.equal(await findOperatorSocket(data), path);
  assert.equal(await answered(data), 'second');

  chmodSync(dirname(path), 0o755);
  assert.equal(await findOperatorSocket(data), undefined, 'others could have put their own socket there');
  chmodSync(dirname(path), 0o700);
  await remove();
  rmSync(dirname(path), { recursive: true });
  writeFileSync(join(data, 'operator.json'), '{"socket"');
  assert.equal(await findOperatorSocket(data), undefined);
  const removeThird = await placeOperatorSocket(data, listen('third'));
  assert.equal(await answered(data), 'third');
  await removeThird();
  rmSync(dirname(JSON.parse(readFileSync(join(data, 'operator.json'), 'utf8')).socket), { recursive: true });
});

test('a server that says nothing is given up, one that says that it works is not', async () => {
  const data = folderNamed('silent');
  const slow = (path: string) =>
    new Promise<void>((resolve, reject) => {
      const server = createServer((socket) => {
        let signs = 0;
        const signing = setInterval(() => {
          signs += 1;
          if (signs < 18) socket.write('HTTP/1.1 102 Processing\r\n\r\n');
          if (signs === 18) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"name":"slow"}');
        }, 100);
        const stop = () => clearInterval(signing);
        socket.on('close', stop).on('error', () => undefined);
        socket.once('data', (head) => String(head).includes('/Hang') && stop());
      });
      servers.push(server);
      server.once('error', reject);
      server.listen(path, resolve);
    });
  const removeSlow = await placeOperatorSocket(data, slow);
  const [answer] = await Promise.all([
    callOperator<{ name: string }>(data, 'Work', {}, 1_500),
    assert.rejects(callOperator(data, 'Hang', {}, 200), {
      message: /said nothing for 0.2 seconds.*try again/,
    }),
  ]);
  assert.equal(answer.name, 'slow');
  await removeSlow();
});

test('commands say what to do when there is no server', async () => {
  await assert.rejects(callOperator(join(folder, 'none'), 'X', {}), {
    message: /no data folder .*none.*--data/,
  });
  const data = folderNamed('idle');
  await assert.rejects(callOperator(data, 'X', {}), { message: /No server runs.*lockholm serve --data/ });
  const removed = await placeOperatorSocket(data, listen('gone'));
  servers.pop()?.close();
  await assert.rejects(callOperator(data, 'X', {}), { message: /No server runs/ });
  await removed();
});
