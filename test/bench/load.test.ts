import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { readAnswer } from '../../bench/answer.ts';
import { Connection } from '../../bench/connection.ts';

const answer = (body: string, extra = '', status = '200 OK') =>
  Buffer.from(`HTTP/1.1 ${status}\r\nDate: now\r\nContent-Length: ${body.length}\r\n${extra}\r\n${body}`);

test('an answer is whole only with its last byte', () => {
  const bytes = answer('{"a":1}', 'Connection: close\r\n', '400 Bad Request');
  for (let end = 0; end < bytes.length; end += 1) assert.equal(readAnswer(bytes.subarray(0, end)), undefined);
  assert.deepEqual(readAnswer(bytes), { status: 400, close: true, body: Buffer.from('{"a":1}') });
});

test('an answer without a length is refused', () => {
  assert.throws(() => readAnswer(Buffer.from('HTTP/1.1 200 OK\r\n\r\n')), /Content-Length/);
});

/** Answers each request by `respond`; requests here are one byte long. */
const withServer = async (
  respond: (socket: Socket, request: number) => void,
  body: (port: number) => Promise<void>,
) => {
  let requests = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => respond(socket, requests++));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await body((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
};

/** Sends until `count` things happened, and tells them. */
const drive = (port: number, count: number): Promise<readonly string[]> =>
  new Promise((resolve) => {
    const seen: string[] = [];
    const note = (what: string) => {
      seen.push(what);
      if (seen.length < count) return;
      connection.stop();
      resolve(seen);
    };
    const connection: Connection = new Connection({
      host: '127.0.0.1',
      port,
      next: () => Buffer.from('x'),
      answered: ({ status, body }) => note(`${status} ${body}`),
      failed: note,
    });
  });

test('a connection sends the next request when the answer is there, however it is cut', () =>
  withServer(
    (socket, request) => {
      const bytes = answer(`n${request}`);
      socket.write(bytes.subarray(0, 30));
      setTimeout(() => socket.write(bytes.subarray(30)), 5);
    },
    async (port) => assert.deepEqual(await drive(port, 3), ['200 n0', '200 n1', '200 n2']),
  ));

test('a server that closes after each answer is connected to again, and that is no error', () =>
  withServer(
    (socket, request) => socket.end(answer(`n${request}`, 'Connection: close\r\n')),
    async (port) => assert.deepEqual(await drive(port, 3), ['200 n0', '200 n1', '200 n2']),
  ));

test('a connection that is lost in mid-request is counted, and made again', () =>
  withServer(
    (socket, request) => (request === 1 ? socket.destroy() : socket.write(answer(`n${request}`))),
    async (port) => {
      const [first, second, third] = await drive(port, 3);
      assert.deepEqual([first, third], ['200 n0', '200 n2']);
      assert.match(second ?? '', /closed|reset/i);
    },
  ));
