import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { signedHeaders } from '../identity/signing.ts';
import { accessKeyId, secret } from '../identity/world.ts';
import { startServer, type TestServer } from './server.ts';

describe('a protocol with a streamed body', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startServer();
  });
  afterEach(() => server.close());

  const upload = (name: string, body: string, declared = hash('sha256', body, 'hex')) =>
    server.call('Upload', body, {
      method: 'PUT',
      path: `/upload/${name}`,
      headers: { 'X-Amz-Content-Sha256': declared },
    });
  const stored = (name: string) => server.world.rows.get<{ Text: string }>('setting', name);

  test('the operation reads what was signed', async () => {
    const text = 'hello '.repeat(10_000);
    const answer = await upload('a', text);
    assert.deepEqual([answer.status, answer.body], [201, text.toUpperCase()]);
    assert.equal((await stored('a'))?.value.Text, text);
    assert.equal((await server.events())[0]?.name, 'Upload');
  });

  test('a body that is not the declared one fails before anything is committed', async () => {
    const answer = await upload('a', 'hello', hash('sha256', 'other', 'hex'));
    assert.equal(answer.status, 400);
    assert.equal(
      answer.body,
      "XAmzContentSHA256Mismatch: The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
    assert.equal(await stored('a'), undefined);
    assert.equal((await server.events())[0]?.errorCode, 'XAmzContentSHA256Mismatch');
  });

  test('an operation cannot commit before it has read its body', async () => {
    const answer = await upload('unread', 'hello');
    assert.equal(answer.status, 500);
    assert.equal(await stored('unread'), undefined);
  });

  test('a declared hash that is none, and a hash that was not signed', async () => {
    for (const declared of ['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', '']) {
      assert.match((await upload('a', 'hello', declared)).body, /^InvalidRequest: /);
    }
    const unsigned = await server.send('PUT', '/upload/a', {}, 'hello');
    assert.match(unsigned.body, /^InvalidRequest: /);
    assert.deepEqual(await server.events(), []);
  });

  test('a body beyond the bound', async () => {
    const answer = await upload('a', 'x'.repeat(100_001));
    assert.equal(answer.status, 413);
    assert.equal(await stored('a'), undefined);
  });

  test('its own errors and routes', async () => {
    assert.match((await server.send('GET', '/upload/a', {})).body, /^MethodNotAllowed/);
    assert.match((await upload('x'.repeat(21), 'a')).body, /^ValidationException: 1 validation error/);
  });

  test('a body may take longer than a whole request, but not stand still', { timeout: 20_000 }, async () => {
    await server.close();
    server = await startServer({ requestMs: 900 });
    /** The answer to a body of which this many of five bytes come, one each 250 ms; empty where there is none. */
    const sendSlowly = async (bytes: number): Promise<string> => {
      const socket = connect(server.port, '127.0.0.1').setEncoding('latin1');
      let answer = '';
      socket.on('error', () => undefined).on('data', (text) => (answer += text));
      const closed = once(socket, 'close');
      const headers = signedHeaders(
        { accessKeyId, secretAccessKey: secret },
        {
          ...{
            time: server.world.clock.ms,
            service: 'notes',
            method: 'PUT',
            path: '/upload/a',
            body: 'hello',
          },
          headers: { 'X-Amz-Content-Sha256': hash('sha256', 'hello', 'hex'), Connection: 'close' },
        },
      );
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`PUT /upload/a HTTP/1.1\r\n${lines.join('')}\r\n`);
      for (const byte of 'hello'.slice(0, bytes)) {
        await delay(250);
        socket.write(byte);
      }
      await closed;
      return answer;
    };
    assert.match(await sendSlowly(5), /^HTTP\/1\.1 201 /);
    assert.equal(await sendSlowly(2), '');
  });
});
