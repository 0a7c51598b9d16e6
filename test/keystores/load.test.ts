import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { TestKeyStore } from '../support/key-store.ts';

const store = new TestKeyStore();
let id = '';
let KeyId = '';
before(async () => {
  await store.start();
  id = await store.create();
  await store.connect(id);
  KeyId = await store.createKey(id);
});
after(() => store.stop());

interface Done {
  readonly n: number;
  readonly begun: number;
  readonly ciphertext?: Uint8Array;
  readonly code?: string;
}

/** Encrypts, by many at one time, until it is told to stop. */
function load(callers = 16) {
  const done: Done[] = [];
  let next = 0;
  let stopped = false;
  const call = async (): Promise<void> => {
    while (!stopped) {
      const n = next++;
      const begun = performance.now();
      try {
        const { CiphertextBlob } = await store.kms.call('Encrypt', {
          KeyId,
          Plaintext: Buffer.from(`text ${n}`),
        });
        done.push({ n, begun, ciphertext: CiphertextBlob });
      } catch (error) {
        done.push({ n, begun, code: (error as { code: string }).code });
      }
    }
  };
  const running = Promise.all(Array.from({ length: callers }, call));
  return {
    done,
    async reaches(count: number): Promise<void> {
      while (done.length < count) await wait(5);
    },
    async stop(): Promise<readonly Done[]> {
      stopped = true;
      await running;
      return done;
    },
  };
}

async function allDecrypt(done: readonly Done[]): Promise<void> {
  for (const { n, ciphertext } of done) {
    if (ciphertext === undefined) continue;
    const { Plaintext } = await store.kms.call('Decrypt', { CiphertextBlob: ciphertext });
    assert.equal(Buffer.from(Plaintext).toString(), `text ${n}`);
  }
}

test('a load goes on when one HSM is killed, and both serve again once that is unlocked', async () => {
  const [first, second] = store.hsms;
  assert.ok(first && second);
  const running = load();
  await running.reaches(200);
  await first.kill();
  await running.reaches(running.done.length + 200);
  await first.start();
  await store.cluster.unlock(first);
  await store.cluster.pair(second, first);
  await store.cluster.live(second, first.plan.hsmId);
  await running.reaches(running.done.length + 200);
  await second.kill();
  await running.reaches(running.done.length + 200);
  const done = await running.stop();
  assert.deepEqual(
    done.filter(({ code }) => code !== undefined),
    [],
  );
  await allDecrypt(done.filter((_, i) => i % 10 === 0));
  await second.start();
  await store.cluster.unlock(second);
  await store.cluster.pair(first, second);
  await store.cluster.live(first, second.plan.hsmId);
});

test('an HSM that hangs is left for the other', async () => {
  const [first] = store.hsms;
  assert.ok(first);
  process.kill(first.pid, 'SIGSTOP');
  try {
    for (let i = 0; i < 4; i += 1) await store.kms.call('Encrypt', { KeyId, Plaintext: Buffer.from('x') });
  } finally {
    process.kill(first.pid, 'SIGCONT');
  }
});

test('a disconnect in the middle of a load ends every use', async () => {
  const running = load();
  await running.reaches(200);
  await store.kms.call('DisconnectCustomKeyStore', { CustomKeyStoreId: id });
  const answered = performance.now();
  await running.reaches(running.done.length + 50);
  await store.settles(id, 'DISCONNECTED');
  const done = await running.stop();
  const refused = done.filter(({ code }) => code !== undefined);
  assert.deepEqual([...new Set(refused.map(({ code }) => code))], ['KMSInvalidStateException']);
  const late = done.filter(({ begun, ciphertext }) => begun > answered && ciphertext !== undefined);
  assert.deepEqual(late, []);
});

test('what was acknowledged is in the journal, each use with its own number', async () => {
  const events = await store.kms.events();
  const numbers = events
    .flatMap(({ envelope }) => envelope.uses)
    .map(({ session, material, n }) => `${session} ${material} ${n}`);
  assert.equal(new Set(numbers).size, numbers.length);
  const encrypted = events.filter(({ envelope }) => envelope.name === 'Encrypt' && !envelope.errorCode);
  for (const { envelope } of encrypted) assert.equal(envelope.uses.length, 1);
});
