import assert from 'node:assert/strict';
import { cpSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { refusal, TestCluster } from '../support/hsm-cluster.ts';
import type { HostedHsm } from '../support/hsm-host.ts';
import { seeded } from '../support/random.ts';

const clusters: TestCluster[] = [];
after(async () => {
  for (const cluster of clusters) await cluster.remove();
});

/** In unattended mode, so that a start opens the store. */
async function withKeys(
  count: number,
  verifyMs = 0,
): Promise<{ cluster: TestCluster; hsm: HostedHsm; handles: string[] }> {
  const cluster = new TestCluster();
  clusters.push(cluster);
  const hsm = await cluster.active({ mode: 'unattended', verifyMs });
  const alice = await cluster.login(hsm);
  const handles: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const { key } = await alice.call('generateKey', { label: `k${i}`, usage: 0, extractable: false });
    handles.push(key.handle);
  }
  alice.close();
  return { cluster, hsm, handles };
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

const random = seeded('hsm-tamper');
const use = (handle: string) => ({ handle, plaintext: Buffer.from('x'), aad: Buffer.alloc(0) });

test('a changed byte anywhere in the log is found at the start, and halts', async () => {
  const { cluster, hsm } = await withKeys(3);
  await hsm.stop();
  const whole = readFileSync(hsm.path('log'));
  const start = whole.findIndex((byte) => byte !== 0);
  const places = [
    start,
    start + 5,
    whole.length - 1,
    whole.length - 40,
    start + random.below(whole.length - start),
  ];
  for (const at of places) {
    writeFileSync(hsm.path('log'), whole);
    flip(hsm.path('log'), at);
    await hsm.start();
    const { state, reason } = await hsm.describe();
    assert.equal(state, 'halted', `byte ${at}`);
    assert.match(reason, /altered.*create another/s);
    await hsm.stop();
  }
  writeFileSync(hsm.path('log'), whole);
  await hsm.start();
  assert.equal((await hsm.describe()).state, 'active', 'halting destroyed nothing');
  assert.equal(await refusal(cluster.login(hsm)), 'done');
});

test('a changed byte is found when the key is used, which forgets all keys', async () => {
  const { cluster, hsm, handles } = await withKeys(2);
  const alice = await cluster.login(hsm);
  const [first = '', last = ''] = handles;
  await alice.call('encrypt', use(last));
  flip(hsm.path('log'), statSync(hsm.path('log')).size - 5);
  await alice.call('encrypt', use(first));
  assert.equal(await refusal(alice.call('encrypt', use(last))), 'tampered');
  await cluster.reaches(hsm, 'halted');
  assert.notEqual(await refusal(alice.call('encrypt', use(first))), 'done');
});

test('where a backup holds the keys, a tampered HSM erases itself', async () => {
  const { cluster, hsm, handles } = await withKeys(1);
  await hsm.asked.call('heldElsewhere', { held: true });
  const alice = await cluster.login(hsm);
  flip(hsm.path('log'), statSync(hsm.path('log')).size - 5);
  assert.equal(await refusal(alice.call('encrypt', use(handles[0] ?? ''))), 'tampered');
  await cluster.reaches(hsm, 'zeroized');
  assert.equal(statSync(hsm.path('log')).size, 0);
});

test('a damaged slot of the superblock is written anew, two stop the HSM', async () => {
  const { hsm } = await withKeys(1);
  for (const slot of ['slot-a', 'slot-b'] as const) {
    await hsm.stop();
    flip(hsm.path(slot), 30);
    await hsm.start();
    assert.equal((await hsm.describe()).state, 'active', slot);
    const { lines } = await hsm.asked.call('readAudit', { first: 1, limit: 500 });
    assert.ok(lines.some((line) => line.includes('STORE_REPAIRED')));
  }
  await hsm.stop();
  for (const slot of ['slot-a', 'slot-b'] as const) flip(hsm.path(slot), 30);
  await hsm.start();
  assert.equal((await hsm.describe()).state, 'halted');
});

test('the torn end of a write is cut off, a missing record is not', async () => {
  const { hsm } = await withKeys(2);
  await hsm.stop();
  const whole = readFileSync(hsm.path('log'));
  for (const torn of [Buffer.alloc(3), random.bytes(200), whole.subarray(whole.length - 150)]) {
    writeFileSync(hsm.path('log'), Buffer.concat([whole, torn]));
    await hsm.start();
    assert.deepEqual([(await hsm.describe()).state, (await hsm.describe()).keys], ['active', 2]);
    await hsm.stop();
    assert.ok(readFileSync(hsm.path('log')).subarray(0, whole.length).equals(whole));
  }
  truncateSync(hsm.path('log'), whole.length - 1);
  await hsm.start();
  assert.equal((await hsm.describe()).state, 'halted');
});

test('an older copy of all its files is refused by the mark that the host holds', async () => {
  const { cluster, hsm } = await withKeys(1);
  await hsm.stop();
  const old = `${hsm.plan.folder}-old`;
  cpSync(hsm.plan.folder, old, { recursive: true });
  await hsm.start();
  const alice = await cluster.login(hsm);
  await alice.call('generateKey', { label: 'later', usage: 0, extractable: false });
  await hsm.stop();
  cpSync(old, hsm.plan.folder, { recursive: true });
  await hsm.start();
  const { state, reason } = await hsm.describe();
  assert.equal(state, 'halted');
  assert.match(reason, /older/);
});

test('files of another HSM are refused', async () => {
  const one = await withKeys(0);
  const two = new TestCluster('cluster-zzzzzzzzzzz');
  clusters.push(two);
  await one.hsm.stop();
  const wrong = two.hsm('hsm-other234567', { beginning: 'first', folder: one.hsm.plan.folder });
  await wrong.start();
  assert.equal((await wrong.describe()).state, 'halted');
});

test('an edited, cut or shortened audit log is found at the start', async () => {
  const { hsm } = await withKeys(1);
  await hsm.stop();
  const whole = readFileSync(hsm.path('audit'), 'utf8');
  const lines = whole.trimEnd().split('\n');
  const changes = {
    edited: whole.replace('"user":"alice"', '"user":"carol"'),
    'a line less': [...lines.slice(0, 3), ...lines.slice(4), ''].join('\n'),
    shortened: `${lines.slice(0, 6).join('\n')}\n`,
  };
  for (const [name, text] of Object.entries(changes)) {
    writeFileSync(hsm.path('audit'), text);
    await hsm.start();
    assert.equal((await hsm.describe()).state, 'halted', name);
    await hsm.stop();
  }
  writeFileSync(hsm.path('audit'), `${whole}{"torn`);
  await hsm.start();
  assert.equal((await hsm.describe()).state, 'active');
});

/** docs/formats/hsm-store.md: the chain begins in the first bytes that are not zero, a length's high bytes excepted. */
function recordsOf(log: Buffer): readonly { readonly at: number; readonly size: number }[] {
  const first = log.findIndex((byte) => byte !== 0);
  for (const start of [first - 3, first - 2]) {
    const records: { at: number; size: number }[] = [];
    let at = start;
    while (at >= 0 && at + 12 <= log.length) {
      const size = log.readUInt32BE(at);
      records.push({ at, size });
      at += 12 + 12 + size + 16;
    }
    if (at === log.length) return records;
  }
  throw new Error('the log has another form');
}

test('what was overwritten for a deleted key is no tampering, what was overwritten otherwise is', async () => {
  const { cluster, hsm, handles } = await withKeys(2);
  const alice = await cluster.login(hsm);
  await alice.call('deleteKey', { handle: handles[0] ?? '' });
  await hsm.stop();
  await hsm.start();
  assert.deepEqual([(await hsm.describe()).state, (await hsm.describe()).keys], ['active', 1]);
  await hsm.stop();
  // The nonce and content, not the tag, of the largest record that is not overwritten yet: it has a key.
  const log = readFileSync(hsm.path('log'));
  const [largest] = recordsOf(log)
    .filter(({ at, size }) => log.subarray(at + 12, at + 24 + size).some((byte) => byte !== 0))
    .sort((a, b) => b.size - a.size);
  assert.ok(largest);
  log.fill(0, largest.at + 12, largest.at + 24 + largest.size);
  writeFileSync(hsm.path('log'), log);
  await hsm.start();
  assert.equal((await hsm.describe()).state, 'halted');
});
