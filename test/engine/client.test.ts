/** The client against one engine end in this process, where each fault can be placed exactly. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Domain } from '../../src/engine/domain.ts';
import { helloHandler, type Routes, routesOf, serveFront } from '../../src/engine/front-connection.ts';
import { fastLane } from '../../src/engine/lanes/fast.ts';
import { slowLane } from '../../src/engine/lanes/slow.ts';
import { EngineClient, type EngineClientOptions } from '../../src/engine/protocol/client.ts';
import type { Lane } from '../../src/engine/protocol/ipc.ts';
import type { EndedSession } from '../../src/engine/protocol/session-counters.ts';
import { makePair } from '../../src/server/pairs.ts';
import { createKey } from '../support/bindings.ts';
import { rounds, seeded } from '../support/random.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const code = (expected: string) => (error: { code?: string }) => error.code === expected;
const context = Buffer.alloc(4);
const noLog = (): void => undefined;

/** Both lanes on one domain; `serve` decides what stands at the engine's end of each new pair. */
function setUp(options: Partial<EngineClientOptions> = {}, automatic = true) {
  const domain = new Domain(() => undefined);
  domain.holdRoot(Buffer.alloc(32, 1));
  const routes: Record<Lane, Routes> = {
    fast: routesOf({ hello: helloHandler('fast', domain), ...fastLane(domain) }),
    slow: routesOf({ hello: helloHandler('slow', domain), ...slowLane(domain, async () => undefined) }),
  };
  const far: Partial<Record<Lane, Socket>> = {};
  const lost: Lane[] = [];
  const connect = async (lane: Lane, serve = (socket: Socket) => serveFront(socket, routes[lane], noLog)) => {
    const [near, engineEnd] = await makePair();
    cleanups.push(() => engineEnd.destroy());
    far[lane] = engineEnd;
    serve(engineEnd);
    client.attach(lane, near);
  };
  const client: EngineClient = new EngineClient({
    ...options,
    onPairLost(lane) {
      lost.push(lane);
      if (automatic) void connect(lane);
    },
  });
  cleanups.push(() => client.close());
  const load = async (): Promise<void> => {
    const { blob } = await client.call('createDomain', {});
    await client.call('loadDomain', { blob });
  };
  return { client, connect, far, lost, load };
}

test('calls made before there is a pair are sent on the first one', async () => {
  const { client, connect } = setUp();
  const call = client.call('random', { length: 16 });
  await connect('fast');
  assert.equal((await call).value.length, 16);
});

test('an answer in time or `unavailable`', async () => {
  const { client } = setUp({ deadlineMs: 50 });
  await assert.rejects(client.call('random', { length: 16 }), code('unavailable'));
});

test('what waits is bounded by number and by bytes', async () => {
  const few = setUp({ maxPending: 2 }).client;
  const kept = [few.call('random', { length: 1 }), few.call('random', { length: 1 })];
  await assert.rejects(few.call('random', { length: 1 }), code('unavailable'));
  const small = setUp({ maxPendingBytes: 100 }).client;
  const large = { rows: [{ table: 'key', id: 'a', version: 1, content: Buffer.alloc(200) }] };
  kept.push(small.call('authenticateRows', large) as never);
  await assert.rejects(small.call('authenticateRows', large), code('unavailable'));
  few.close();
  small.close();
  for (const call of kept) await assert.rejects(call, code('unavailable'));
  await assert.rejects(few.call('random', { length: 1 }), code('unavailable'));
});

test('a message that fits in no frame is refused, and harms no other', async () => {
  const { client, connect } = setUp();
  await connect('fast');
  const other = client.call('random', { length: 1 });
  const rows = [{ table: 'key', id: 'a', version: 1, content: Buffer.alloc(1024 * 1024) }];
  await assert.rejects(client.call('authenticateRows', { rows }), code('refused'));
  assert.equal((await other).value.length, 1);
});

test('a reply that fits in no frame is refused', async () => {
  const { client, connect, load } = setUp();
  await connect('slow');
  await connect('fast');
  await load();
  // 33 bytes of MAC and 4 of length for each row of 24 bytes.
  const rows = Array.from({ length: 40_000 }, () => ({
    table: '',
    id: '',
    version: 1,
    content: Buffer.alloc(0),
  }));
  await assert.rejects(client.call('authenticateRows', { rows }), code('refused'));
});

test('while no domain state is known, calls that need one fail as sealed at once', async () => {
  const { client, connect } = setUp();
  await connect('fast');
  await connect('slow');
  const rows = [{ table: 'key', id: 'a', version: 1, content: Buffer.alloc(0) }];
  await assert.rejects(client.call('authenticateRows', { rows }), code('sealed'));
  await assert.rejects(client.call('describeDomain', {}), code('sealed'));
});

test('hello is the client`s own affair', async () => {
  await assert.rejects(setUp().client.call('hello', {}), code('refused'));
});

test('a session ends with its pair and reports the last counters seen; a dry run counts nothing', async () => {
  const ended: EndedSession[] = [];
  const { client, connect, load, far } = setUp({ onSessionEnd: (session) => ended.push(session) });
  await connect('slow');
  await connect('fast');
  await load();
  const [a, b] = [await createKey(client), await createKey(client)];
  const encrypt = (key: typeof a) => client.call('encrypt', { ...key, plaintext: Buffer.of(1), context });
  const { ciphertext } = await encrypt(a);
  const { session } = client;
  await client.call('decrypt', { ...a, ciphertext, context, check: false });
  await client.call('decrypt', { ...a, ciphertext, context, check: true });
  await client.call('generateDataKey', { ...b, length: 1, context, withPlaintext: false });
  await client.call('reEncrypt', {
    sourceBinding: a.binding,
    sourceToken: a.token,
    ciphertext,
    sourceContext: context,
    destinationBinding: b.binding,
    destinationToken: b.token,
    destinationContext: context,
  });
  far.fast?.destroy();
  assert.equal((await encrypt(a)).counter, 1, 'a new session counts from 1');
  assert.notEqual(client.session, session);
  assert.deepEqual(ended, [
    {
      session,
      counters: new Map([
        [a.materialId, 3],
        [b.materialId, 2],
      ]),
    },
  ]);
  const last = client.session;
  client.close();
  assert.deepEqual(ended[1], { session: last, counters: new Map([[a.materialId, 1]]) });
});

test('a newer pair takes over from one that still lives, without asking for a third', async () => {
  const ended: EndedSession[] = [];
  const { client, connect, lost } = setUp({ onSessionEnd: (session) => ended.push(session) });
  await connect('fast');
  await client.call('random', { length: 1 });
  const { session } = client;
  await connect('fast');
  await client.call('random', { length: 1 });
  assert.notEqual(client.session, session);
  assert.deepEqual([ended.length, lost], [1, []]);
});

test('every call comes through when pairs break at any point', async () => {
  const { client, connect, load, far } = setUp();
  await connect('slow');
  await connect('fast');
  await load();
  const key = await createKey(client);
  let running = true;
  let answered = 0;
  const users = Array.from({ length: 16 }, async (_, user) => {
    for (let call = 0; running; call += 1) {
      const plaintext = Buffer.from(`${user}/${call}`);
      const { ciphertext } = await client.call('encrypt', { ...key, plaintext, context });
      const opened = await client.call('decrypt', { ...key, ciphertext, context, check: false });
      assert.equal(Buffer.from(opened.plaintext).toString(), `${user}/${call}`);
      answered += 1;
    }
  });
  for (let round = 0; round < 30; round += 1) {
    await sleep(2);
    far.fast?.destroy();
  }
  const before = answered;
  await sleep(20);
  running = false;
  await Promise.all(users);
  assert.ok(answered > before);
});

const garbage: readonly [string, Buffer][] = [
  ['an empty frame', Buffer.from('00000000', 'hex')],
  ['a huge frame', Buffer.from('ffffffff', 'hex')],
  ['a reply of another kind', Buffer.from('00000005000000000e', 'hex')],
  ['a hello cut short', Buffer.from('000000060000000001ff', 'hex')],
  ['an unknown error', Buffer.from('0000000a000000000063' + '00000000', 'hex')],
];
for (const [name, bytes] of garbage) {
  test(`${name} from the engine closes the pair, and work goes on over a new one`, async () => {
    const { client, connect, lost } = setUp();
    const call = client.call('random', { length: 8 });
    await connect('fast', (socket) => {
      socket.resume();
      socket.write(bytes);
    });
    assert.equal((await call).value.length, 8);
    assert.deepEqual(lost, ['fast']);
  });
}

test('whatever bytes a front sends, its pair closes or is answered; the engine lives on', async () => {
  const random = seeded('front garbage');
  const logged: string[] = [];
  const { client, connect } = setUp();
  for (let round = 0; round < rounds(60); round += 1) {
    const [near, far] = await makePair();
    cleanups.push(() => near.destroy());
    const ended = new Promise((resolve) => near.once('close', resolve));
    near.on('error', () => undefined);
    near.resume();
    await connect('fast');
    const hello = Buffer.from('00000005000000000' + '1', 'hex');
    const domain = new Domain(() => undefined);
    serveFront(far, routesOf({ hello: helloHandler('fast', domain), ...fastLane(domain) }), (event) =>
      logged.push(event),
    );
    const body = random.bytes(random.below(60));
    const head = Buffer.alloc(9);
    head.writeUInt32BE(random.below(3) === 0 ? random.below(2 ** 31) : body.length + 5);
    head[8] = random.below(45);
    near.end(Buffer.concat([...(random.below(2) === 0 ? [hello] : []), head, body]));
    await ended;
  }
  assert.equal((await client.call('random', { length: 4 })).value.length, 4);
  assert.ok(logged.filter((event) => event === 'front-pair-closed').length > 20);
  assert.equal(logged.includes('request-failed'), false);
});
