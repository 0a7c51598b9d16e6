/** What is made in the HSMs for a KMS key that then does not come to be. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newKeyId } from '../../src/core/ids.ts';
import type { KeyStoreRecord } from '../../src/kms/key-store.ts';
import { TestKeyStore } from '../support/key-store.ts';

const store = new TestKeyStore();
let id = '';
before(async () => {
  await store.start();
  id = await store.create();
  await store.connect(id);
});
after(() => store.stop());

const keys = async () => (await store.hsms[0]?.describe())?.keys;

test('a key whose CreateKey was cut off after the HSMs made it is deleted in them', async () => {
  const { kms } = store;
  const kept = await store.createKey(id);
  // As a front that is killed between the HSMs' answer and its commit leaves it.
  const { storeBackend, timers, rows } = kms.kms;
  const [found] = await kms.rows.scan<KeyStoreRecord>('key-store', '', { limit: 1 });
  assert.ok(found);
  const orphan = newKeyId();
  await rows.commit(timers.dropOrphanAt(found.value, orphan, kms.clock.time + 600_000));
  const made = await storeBackend.create(found.value, orphan);
  assert.match(made.materialId, /^[0-9a-f]{64}$/);
  assert.equal(await keys(), 2);

  await kms.runJobs();
  assert.equal(await keys(), 2, 'not before its time');
  kms.clock.time += 600_001;
  await kms.runJobs();
  assert.equal(await keys(), 1);
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: kept, Plaintext: Buffer.from('x') });
  assert.equal(Buffer.from((await kms.call('Decrypt', { CiphertextBlob })).Plaintext).toString(), 'x');
});

test('nothing is deleted of a key that came to be', async () => {
  const { kms } = store;
  const before = await keys();
  await store.createKey(id);
  kms.clock.time += 600_001;
  await kms.runJobs();
  assert.equal(await keys(), (before ?? 0) + 1);
  assert.deepEqual(await kms.rows.scan('job', 'drop-orphan-key/', { limit: 1 }), []);
});

test('in a store that is not connected it waits, and with the store it ends', async () => {
  const { kms } = store;
  const [found] = await kms.rows.scan<KeyStoreRecord>('key-store', '', { limit: 1 });
  assert.ok(found);
  const { timers, rows } = kms.kms;
  await store.disconnect(id);
  await rows.commit(timers.dropOrphanAt(found.value, newKeyId(), kms.clock.time));
  const left = async () => (await rows.scan('job', 'drop-orphan-key/', { limit: 9 })).length;
  await kms.runJobs();
  assert.equal(await left(), 1);
  await rows.commit({ delete: [{ table: 'key-store', id: found.id, version: (await version()) ?? 0 }] });
  kms.clock.time += 3_600_001;
  await kms.runJobs();
  assert.equal(await left(), 0);

  async function version() {
    return (await rows.get('key-store', found?.id ?? ''))?.version;
  }
});
