/** Real engines in their sandbox, killed and mistreated. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lane, lanes } from '../../src/engine/protocol/ipc.ts';
import { createKey, keyBinding, type TestKey } from '../support/bindings.ts';
import { startEngines, type TestEngines } from '../support/engines.ts';

const context = Buffer.alloc(4);
const code = (expected: string) => (error: { code?: string }) => error.code === expected;
const encrypt = async (engines: TestEngines, key: TestKey, text: string): Promise<Uint8Array> =>
  (await engines.engine.call('encrypt', { ...key, plaintext: Buffer.from(text), context })).ciphertext;
const decrypt = async (engines: TestEngines, key: TestKey, ciphertext: Uint8Array): Promise<string> => {
  const request = { ...key, ciphertext, context, check: false };
  return Buffer.from((await engines.engine.call('decrypt', request)).plaintext).toString();
};

interface Work {
  readonly keys: TestKey[];
  readonly messages: { key: TestKey; text: string; ciphertext: Uint8Array }[];
  stop(): Promise<void>;
}

/** Users of both lanes, who remember all that was acknowledged; a call that fails ends the test. */
function work(engines: TestEngines): Work {
  let running = true;
  const keys: TestKey[] = [];
  const messages: Work['messages'] = [];
  const user = async (name: number): Promise<void> => {
    let key = await createKey(engines.engine);
    for (let turn = 0; running; turn += 1) {
      if (turn % 20 === 0) {
        key = await createKey(engines.engine);
        keys.push(key);
      }
      const text = `${name}/${turn}`;
      messages.push({ key, text, ciphertext: await encrypt(engines, key, text) });
      await sleep(2);
    }
  };
  const users = Promise.all(Array.from({ length: 8 }, (_, name) => user(name)));
  // Seen at once, so that a failure does not wait for the last kill.
  users.catch(() => undefined);
  return {
    keys,
    messages,
    async stop() {
      running = false;
      await users;
    },
  };
}

async function nothingIsLost(engines: TestEngines, { keys, messages }: Work): Promise<void> {
  assert.ok(keys.length > 0 && messages.length > 0);
  for (const { key, text, ciphertext } of messages) {
    assert.equal(await decrypt(engines, key, ciphertext), text);
  }
}

/** Until calls are answered again, so that each kill meets an engine at work. */
async function progress(engines: TestEngines, lane: Lane): Promise<void> {
  if (lane === 'slow') await engines.engine.call('describeDomain', {});
  else await engines.engine.call('random', { length: 1 });
}

describe('engines that are killed', () => {
  let engines: TestEngines;
  before(async () => {
    engines = await startEngines();
  });
  after(() => engines.stop());

  for (const lane of lanes) {
    test(`twenty kills of the ${lane} lane under load lose nothing, and each call succeeds`, async () => {
      const load = work(engines);
      for (let kill = 0; kill < 20; kill += 1) {
        await progress(engines, lane);
        await sleep(5);
        await engines.killLane(lane);
      }
      await progress(engines, lane);
      await load.stop();
      await nothingIsLost(engines, load);
    });
  }

  test('a lone engine is unsealed by the other one, never by the seal', () => {
    assert.equal(engines.sealUses(), 1);
  });

  test('when both die at once the seal unseals again, and nothing is lost', async () => {
    const load = work(engines);
    for (let kill = 0; kill < 3; kill += 1) {
      await Promise.all(lanes.map((lane) => progress(engines, lane)));
      await Promise.all(lanes.map((lane) => engines.killLane(lane)));
    }
    await Promise.all(lanes.map((lane) => progress(engines, lane)));
    await load.stop();
    await nothingIsLost(engines, load);
    assert.equal(engines.sealUses(), 4);
  });

  test('a slow engine left without root key, because its peer dies too, is given the seal', async () => {
    const before_ = engines.sealUses();
    await engines.killLane('slow');
    await engines.killLane('fast');
    await Promise.all(lanes.map((lane) => progress(engines, lane)));
    assert.ok(engines.sealUses() > before_);
    const key = await createKey(engines.engine);
    assert.equal(await decrypt(engines, key, await encrypt(engines, key, 'x')), 'x');
  });
});

describe('engines that live', () => {
  let engines: TestEngines;
  before(async () => {
    engines = await startEngines();
  });
  after(() => engines.stop());

  test('a malformed frame closes its pair only; the engine goes on', async () => {
    const key = await createKey(engines.engine);
    for (const lane of lanes) {
      const pid = engines.pid(lane);
      for (const frame of [
        '00000000',
        '7fffffff',
        '000000050000000063',
        '00000005000000000a',
        '000000060000000001ff',
      ]) {
        const socket = await engines.rawPair(lane);
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.resume();
        socket.on('error', () => undefined);
        socket.write(Buffer.from(frame, 'hex'));
        await closed;
      }
      await progress(engines, lane);
      assert.equal(engines.pid(lane), pid);
    }
    assert.equal(await decrypt(engines, key, await encrypt(engines, key, 'still')), 'still');
  });

  test('no front can unseal or ask for a root key: the messages of engines are unknown on its pair', async () => {
    for (const message of ['c8', 'c9', 'ca']) {
      const socket = await engines.rawPair('fast');
      const seen: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => seen.push(chunk));
      socket.resume();
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(Buffer.from(`000000050000000001${'00000005'}00000001${message}`, 'hex'));
      await closed;
      const hello = Buffer.concat(seen);
      assert.equal(hello.readUInt32BE(0), hello.length - 4, 'an answer to hello, and no other');
    }
  });

  test('tokens under a fresh domain key work at once; older states are refused', async () => {
    const { engine } = engines;
    const first = engines.domainBlob();
    await assert.rejects(engine.call('createDomain', {}), code('refused'));
    for (let epoch = 2; epoch <= 4; epoch += 1) {
      const rotated = await engine.call('rotateDomainKey', { minimumEpoch: 0 });
      assert.equal(rotated.epoch, epoch);
      await engines.loadDomain(rotated.blob);
      const key = await createKey(engine);
      assert.equal(await decrypt(engines, key, await encrypt(engines, key, 'new')), 'new');
    }
    await assert.rejects(engine.call('loadDomain', { blob: first }), code('stale-domain'));
    const altered = Buffer.from(engines.domainBlob());
    altered[40] = (altered[40] ?? 0) ^ 1;
    await assert.rejects(engine.call('loadDomain', { blob: altered }), code('wrong-token'));
  });

  test('the state survives the death of either engine', async () => {
    const { engine } = engines;
    const { epoch } = await engine.call('describeDomain', {});
    const key = await createKey(engine, keyBinding);
    const ciphertext = await encrypt(engines, key, 'kept');
    for (const lane of lanes) {
      await engines.killLane(lane);
      assert.equal((await engine.call('describeDomain', {})).epoch, epoch);
      assert.equal(await decrypt(engines, key, ciphertext), 'kept');
    }
    assert.equal(engines.sealUses(), 1);
  });
});

test('before a domain exists engines answer `sealed`, and the seal alone makes none', async () => {
  const engines = await startEngines({ domain: false });
  try {
    const binding = Buffer.of(1);
    await assert.rejects(engines.engine.call('createMaterial', { binding }), code('sealed'));
    await assert.rejects(
      engines.engine.call('authenticateRows', {
        rows: [{ table: '', id: '', version: 1, content: binding }],
      }),
      code('sealed'),
    );
    const proposal = await engines.engine.call('createDomain', {});
    await assert.rejects(engines.engine.call('createMaterial', { binding }), code('sealed'));
    await engines.loadDomain(proposal.blob);
    assert.ok(await createKey(engines.engine));
  } finally {
    await engines.stop();
  }
});
