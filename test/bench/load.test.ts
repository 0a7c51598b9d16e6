import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { AnswerReader } from '../../bench/answer.ts';
import { Connection, type Outgoing } from '../../bench/connection.ts';
import { Meter } from '../../bench/meter.ts';

const answer = (body: string, extra = '', status = '200 OK') =>
  Buffer.from(`HTTP/1.1 ${status}\r\nDate: now\r\nContent-Length: ${body.length}\r\n${extra}\r\n${body}`);

test('an answer is whole only with its last byte, and the next one begins after it', () => {
  const bytes = answer('{"a":1}', 'Connection: close\r\n', '400 Bad Request');
  const reader = new AnswerReader();
  for (let times = 0; times < 2; times += 1) {
    for (let at = 0; at < bytes.length - 1; at += 1)
      assert.equal(reader.take(bytes.subarray(at, at + 1)), undefined);
    assert.deepEqual(reader.take(bytes.subarray(-1)), {
      status: 400,
      close: true,
      length: 7,
      body: Buffer.from('{"a":1}'),
    });
  }
});

test('an answer without a body is whole with its head', () => {
  assert.equal(new AnswerReader().take(answer(''))?.length, 0);
});

test('of a large body no more than its beginning is kept, and nothing of what it came in', () => {
  const reader = new AnswerReader();
  const body = 'b'.repeat(100_000);
  const chunk = answer(body);
  assert.equal(reader.take(chunk.subarray(0, 600)), undefined);
  const whole = reader.take(chunk.subarray(600));
  chunk.fill(0);
  assert.equal(whole?.length, body.length);
  assert.ok(whole.body.length > 0 && whole.body.length < 10_000);
  assert.equal(`${whole.body}`, body.slice(0, whole.body.length));
});

test('an answer without a length is refused', () => {
  assert.throws(() => new AnswerReader().take(Buffer.from('HTTP/1.1 200 OK\r\n\r\n')), /Content-Length/);
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
const drive = (
  port: number,
  count: number,
  outgoing: Outgoing = { first: Buffer.from('x') },
): Promise<readonly string[]> =>
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
      next: () => outgoing,
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

/** Answers as soon as it has received so many bytes of a request, which may be fewer than it has. */
const withUploads = (enough: number, body: (port: number) => Promise<void>) => {
  let requests = 0;
  const server = createServer((socket) => {
    let received = 0;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (received < enough) return;
      received -= enough;
      if (!socket.destroyed) socket.write(answer(`n${requests++}`));
    });
  });
  return new Promise<void>((resolve, reject) => {
    server.listen(0, '127.0.0.1', () => {
      body((server.address() as AddressInfo).port)
        .finally(() => server.close())
        .then(resolve, reject);
    });
  });
};

const upload = { first: Buffer.from('head'), piece: Buffer.alloc(100_000), times: 50 };
const uploadBytes = 4 + 5_000_000;

test('a large body is sent in its pieces, each request whole', () =>
  withUploads(uploadBytes, async (port) =>
    assert.deepEqual(await drive(port, 3, upload), ['200 n0', '200 n1', '200 n2']),
  ));

test('what was asked is told with its answer', () =>
  withUploads(1, async (port) => {
    const asked = { first: Buffer.from('x'), answerBytes: 2 };
    const seen = await new Promise<Outgoing>((resolve) => {
      const connection: Connection = new Connection({
        host: '127.0.0.1',
        port,
        next: () => asked,
        failed: () => undefined,
        answered: (_answer, _milliseconds, to) => {
          connection.stop();
          resolve(to);
        },
      });
    });
    assert.equal(seen, asked);
  }));

test('after an answer in the middle of a body the next request goes over a new connection', () =>
  withUploads(1000, async (port) => {
    const [first, second] = await drive(port, 2, upload);
    assert.deepEqual(
      [first, second].map((seen) => seen?.slice(0, 3)),
      ['200', '200'],
    );
  }));

test('what is measured begins and ends with an answer', async () => {
  const meter = new Meter();
  const timer = setInterval(() => meter.answered(5), 40);
  let begun = 0;
  try {
    const result = await meter.measure({ warmUpMs: 10, measureMs: 60 }, () => {
      begun += 1;
    });
    // From one tick to another with at least 60 ms between: the answers are those of whole intervals.
    assert.ok(result.seconds >= 0.06);
    assert.ok(result.answers >= 2, `${result.answers} answers`);
    assert.equal(Math.round(result.maxMs), 5);
    assert.deepEqual([begun, result.errors, result.firstError], [1, 0, '']);
  } finally {
    clearInterval(timer);
  }
});

test('a load that only fails is told as such', async () => {
  const meter = new Meter();
  const timer = setInterval(() => meter.failed('status 500'), 5);
  try {
    const result = await meter.measure({ warmUpMs: 1, measureMs: 10 }, () => undefined);
    assert.deepEqual([result.answers, result.firstError, result.p50Ms], [0, 'status 500', 0]);
    assert.ok(result.errors > 0);
  } finally {
    clearInterval(timer);
  }
});
