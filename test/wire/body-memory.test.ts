import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { startServer, type TestServer } from './server.ts';

const ROOM = 10_000;
let server: TestServer;
const sockets: Socket[] = [];
before(async () => {
  server = await startServer({ bodyMemory: ROOM });
});
after(async () => {
  for (const socket of sockets) socket.destroy();
  await server.close();
});

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: Notes.GetNote\r\nContent-Length: 8000\r\n\r\n';

/** A request of which 6,000 bytes have come. */
async function begin(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1').setEncoding('latin1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(HEAD + 'x'.repeat(6000));
  return socket;
}
const answerOf = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0]);

test('bodies that are coming in share bounded memory, which those who leave give back', async () => {
  const first = await begin();
  // Nothing tells a client that its bytes were taken in, so the next one is tried until it is refused.
  let refused = '';
  while (refused === '') refused = await tryOne();
  assert.match(refused, /^HTTP\/1\.1 400 .*ThrottlingException/s);
  first.destroy();
  await once(first, 'close');
  // The server may hear of that a moment later.
  let taken = 'ThrottlingException';
  while (taken.includes('ThrottlingException')) taken = await sendWhole();
  assert.match(taken, /MissingAuthenticationTokenException/);
});

async function sendWhole(): Promise<string> {
  const socket = await begin();
  socket.write('x'.repeat(2000));
  return answerOf(socket);
}

/** What a second request is told at once; empty when it was let in, which it then leaves. */
async function tryOne(): Promise<string> {
  const second = await begin();
  const told = await Promise.race([
    answerOf(second),
    new Promise<string>((resolve) => setTimeout(resolve, 300, '')),
  ]);
  second.destroy();
  await once(second, 'close');
  return told;
}
