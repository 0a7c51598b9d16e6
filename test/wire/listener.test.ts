import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { signedHeaders } from '../identity/signing.ts';
import { accessKeyId, secret } from '../identity/world.ts';
import { startServer, type TestServer } from './server.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('the listener', () => {
  let server: TestServer;
  let sockets: Socket[];
  beforeEach(async () => {
    server = await startServer({ headersMs: 400, requestMs: 800, headerBytes: 8192, signOfLifeMs: 100 });
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await server.close();
  });

  const open = async (): Promise<Socket> => {
    const socket = connect(server.port, '127.0.0.1');
    socket.setEncoding('latin1').on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  /** What comes until the other side closes. */
  const rest = async (socket: Socket): Promise<string> => {
    let text = '';
    for await (const chunk of socket) text += chunk;
    return text;
  };
  const raw = async (text: string): Promise<string> => {
    const socket = await open();
    socket.write(text, 'latin1');
    return rest(socket);
  };
  const signed = (operation: string, body: string): string => {
    const headers = signedHeaders(
      { accessKeyId, secretAccessKey: secret },
      {
        time: server.world.clock.ms,
        service: 'notes',
        body,
        headers: { 'X-Amz-Target': `Notes.${operation}` },
      },
    );
    return Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
  };

  test('every answer has an id and a date', async () => {
    const [a, b] = [await server.call('GetNote', { Name: 'a' }), await server.send('GET', '/nothing', {})];
    for (const { headers } of [a, b]) {
      assert.match(String(headers['x-amzn-requestid']), UUID);
      assert.ok(Math.abs(Date.parse(headers.date ?? '') - Date.now()) < 60_000);
    }
    assert.notEqual(a.headers['x-amzn-requestid'], b.headers['x-amzn-requestid']);
  });

  test('also what is answered below the protocols', async () => {
    const expecting = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: the-unexpected\r\nContent-Length: 2\r\n\r\n{}';
    for (const [text, status] of [
      ['nonsense\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nA: ${'x'.repeat(9000)}\r\n\r\n`, 431],
      ['GET / HTTP/1.1\r\nHost: a\r\n', 408],
      [expecting, 417],
      ['GET /healthz HTTP/1.1\r\n\r\n', 400],
      ['CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 405],
    ] as const) {
      const answer = await raw(text);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(answer, /\r\nx-amzn-RequestId: [0-9a-f]{8}-[0-9a-f-]{27}\r\n/);
    }
    assert.equal(server.pipeline.refused.get('UnknownExpectation'), 1);
  });

  test('AWS JSON without a target names no operation', async () => {
    const headers = { 'Content-Type': 'application/x-amz-json-1.1' };
    for (const target of [{}, { 'X-Amz-Target': '' }, { 'X-Amz-Target': 'Notes.None' }]) {
      const answer = await server.send('POST', '/', { ...headers, ...target }, '{}');
      assert.deepEqual([answer.status, answer.body], [400, '{"__type":"UnknownOperationException"}']);
    }
  });

  test('paths that are not served, and methods', async () => {
    for (const [method, path, status, allow] of [
      ['GET', '/nothing', 404, undefined],
      ['POST', '/nothing', 404, undefined],
      ['POST', '/', 404, undefined],
      ['GET', '/', 405, 'POST'],
      ['POST', '/healthz', 405, 'GET, HEAD'],
    ] as const) {
      const answer = await server.send(method, path, {});
      assert.deepEqual([answer.status, answer.headers.allow], [status, allow], `${method} ${path}`);
      assert.equal(typeof JSON.parse(answer.body).message, 'string');
    }
    assert.equal(server.pipeline.refused.get('UnknownPath'), 5);
  });

  test('HEAD of the health is that of GET', async () => {
    const [get, head] = [await server.send('GET', '/healthz', {}), await server.send('HEAD', '/healthz', {})];
    assert.deepEqual([head.status, head.body], [200, '']);
    assert.equal(head.headers['content-length'], get.headers['content-length']);
    server.journal.broken = true;
    await server.call('GetNote', { Name: 'a' });
    assert.equal((await server.send('HEAD', '/healthz', {})).status, 503);
  });

  test('HTTP/1.0 knows no Host', async () => {
    assert.match(await raw('GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /);
  });

  test('who waits for an operation hears that it goes on', async () => {
    const gate = Promise.withResolvers<void>();
    server.notes.gate = gate.promise;
    const socket = await open();
    const answer = rest(socket);
    const body = '{"Name":"a"}';
    const heard = once(socket, 'data');
    socket.write(`POST / HTTP/1.1\r\nConnection: close\r\n${signed('Wait', body)}\r\n${body}`);
    assert.match((await heard)[0], /^HTTP\/1\.1 102 /);
    gate.resolve();
    assert.match(await answer, /\r\n\r\nHTTP\/1\.1 200 .*done/s);
  });

  test('one connection carries many calls', async () => {
    const socket = await open();
    const body = '{"Name":"a"}';
    const request = `POST / HTTP/1.1\r\n${signed('GetNote', body)}\r\n${body}`;
    socket.write(request + request);
    let text = '';
    while (text.split('NotFoundException').length < 3) text += (await once(socket, 'data'))[0];
    assert.equal(text.split('HTTP/1.1 400').length, 3);
  });

  test('a body that is too large is refused as it is announced, and as it comes', async () => {
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: Notes.GetNote\r\n';
    const announced = await raw(`${head}Content-Length: 10000000\r\n\r\n`);
    assert.match(announced, /^HTTP\/1\.1 413 .*RequestEntityTooLargeException/s);
    const socket = await open();
    const answer = rest(socket);
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    for (let i = 0; i < 40 && !socket.destroyed; i++) {
      socket.write(chunk);
      await new Promise(setImmediate);
    }
    assert.match(await answer, /^HTTP\/1\.1 413 /);
  });

  test('Expect: 100-continue is answered before the body, unless that is too large', async () => {
    const body = '{"Name":"a"}';
    const socket = await open();
    socket.write(`POST / HTTP/1.1\r\nExpect: 100-continue\r\n${signed('GetNote', body)}\r\n`);
    assert.match((await once(socket, 'data'))[0], /^HTTP\/1\.1 100 Continue/);
    socket.write(body);
    assert.match((await once(socket, 'data'))[0], /NotFoundException/);
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: Notes.GetNote\r\nExpect: 100-continue\r\n';
    const refused = await raw(`${head}Content-Length: 10000000\r\n\r\n`);
    assert.match(refused, /^HTTP\/1\.1 413 /);
    assert.doesNotMatch(refused, /100 Continue/);
  });

  test('what is not HTTP ends with 400, and the server goes on', async () => {
    for (const text of [
      'nonsense\r\n\r\n',
      'POST / HTTP/9.9\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    ]) {
      assert.match(await raw(text), /^HTTP\/1\.1 400 /);
    }
    assert.match(await raw(`GET / HTTP/1.1\r\nA: ${'x'.repeat(9000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
    assert.ok(server.pipeline.refused.get('MalformedHttp') >= 4);
    assert.equal((await server.send('GET', '/healthz', {})).status, 200);
  });

  test('a head or a body that does not come in time is given up', async () => {
    const slow = await Promise.all([
      raw('POST / HTTP/1.1\r\nHost: a\r\n'),
      raw('POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: Notes.GetNote\r\nContent-Length: 5\r\n\r\n{'),
    ]);
    for (const text of slow) assert.match(text, /^HTTP\/1\.1 408 /);
  });

  test('a client that goes away in the middle leaves the server serving', async () => {
    const socket = await open();
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: Notes.GetNote\r\nContent-Length: 500\r\n\r\n{');
    socket.destroy();
    assert.equal((await server.send('GET', '/healthz', {})).status, 200);
  });

  test('draining answers what is under way, then closes', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    server.notes.gate = promise;
    const waiting = server.call('Wait', { Name: 'a' });
    const idle = await open();
    const idleClosed = once(idle, 'close');
    while (!(await accepted(server))) await new Promise((next) => setTimeout(next, 5));
    const drained = server.listener.drain(5000);
    await idleClosed;
    await assert.rejects(server.send('GET', '/healthz', {}), { code: 'ECONNREFUSED' });
    resolve();
    const answer = await waiting;
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.connection, 'close');
    await drained;
  });
});

/** True once a call has reached its operation: the signing key was asked for. */
const accepted = async (server: TestServer): Promise<boolean> => server.world.engine.derived > 0;
