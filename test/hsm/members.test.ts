import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import type { HsmConnection } from '../../src/hsm/client/connection.ts';
import { ADMIN, ALICE, refusal, TestCluster } from '../support/hsm-cluster.ts';
import type { HostedHsm } from '../support/hsm-host.ts';

const clusters: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.remove();
});

async function two(): Promise<{ cluster: TestCluster; one: HostedHsm; other: HostedHsm }> {
  const cluster = new TestCluster();
  clusters.push(cluster);
  const one = await cluster.active();
  const other = await cluster.join(one, 'hsm-second23456');
  return { cluster, one, other };
}

const AAD = Buffer.alloc(0);
const seal = async (by: HsmConnection, handle: string): Promise<Buffer> =>
  Buffer.from((await by.call('kmsEncrypt', { handle, plaintext: Buffer.from('text'), aad: AAD })).sealed);
const opens = async (by: HsmConnection, handle: string, sealed: Buffer): Promise<void> => {
  const { plaintext } = await by.call('kmsDecrypt', { handle, sealed, aad: AAD, check: false });
  assert.equal(Buffer.from(plaintext).toString(), 'text');
};
const newKey = (by: HsmConnection, label = 'k') =>
  by.call('generateKey', { label, usage: 1, extractable: false });

test('no key reaches an HSM that no administrator approved', async () => {
  const cluster = new TestCluster();
  clusters.push(cluster);
  const one = await cluster.active();
  const stranger = cluster.hsm('hsm-stranger2345', { beginning: 'join' });
  await stranger.start();
  await cluster.pair(one, stranger);
  const { identity } = await stranger.describe();
  assert.equal(
    await refusal(one.asked.call('approveMember', { hsmId: 'hsm-stranger2345', identity })),
    'not-allowed',
    'the host approves nobody in attended mode',
  );
  const admin = await cluster.login(one, ADMIN);
  const alice = await cluster.login(one);
  const request = { hsmId: 'hsm-stranger2345', identity };
  assert.equal(await refusal(alice.call('approveMember', request)), 'not-allowed');
  assert.equal(
    await refusal(admin.call('approveMember', { ...request, identity: Buffer.from('x') })),
    'refused',
  );
  // Approved under another key than it has.
  const { identity: others } = await one.describe();
  await admin.call('approveMember', { ...request, identity: others });
  await cluster.pair(one, stranger);
  await new Promise<void>((resolve) => {
    stranger.onPeerLost = () => resolve();
  });
  assert.equal((await stranger.describe()).state, 'joining');
  assert.equal((await stranger.describe()).keys, 0);
  await admin.call('approveMember', request);
  await cluster.pair(one, stranger);
  await cluster.reaches(stranger, 'active');
});

test('in unattended mode the host approves members', async () => {
  const cluster = new TestCluster();
  clusters.push(cluster);
  const one = await cluster.active({ mode: 'unattended' });
  const other = cluster.hsm('hsm-second23456', { beginning: 'join' });
  await other.start();
  const { identity } = await other.describe();
  await one.asked.call('approveMember', { hsmId: other.plan.hsmId, identity });
  await cluster.pair(one, other);
  await cluster.reaches(other, 'active');
  await other.stop();
  await other.start();
  assert.equal((await other.describe()).state, 'active');
});

test('both members hold the same keys and users, whichever made them', async () => {
  const { cluster, one, other } = await two();
  const [first, second] = [await cluster.login(one), await cluster.login(other)];
  const { key } = await newKey(first);
  const { key: back } = await newKey(second);
  await opens(second, key.handle, await seal(first, key.handle));
  await opens(first, back.handle, await seal(second, back.handle));
  const admin = await cluster.login(other, ADMIN);
  await admin.call('createUser', { user: 'bob', password: 'bob-password', role: 1 });
  await cluster.login(one, { user: 'bob', password: 'bob-password' });
  await first.call('deleteKey', { handle: key.handle });
  assert.equal(await refusal(second.call('describeKey', { handle: key.handle })), 'not-found');
  const { members } = await admin.call('listMembers', {});
  assert.deepEqual(members.map(({ hsmId, online }) => [hsmId, online]).sort(), [
    ['hsm-first234567', true],
    ['hsm-second23456', true],
  ]);
});

test('each opens with the unlock code, and stopped is ciphertext', async () => {
  const { cluster, other } = await two();
  await other.stop();
  await other.start();
  assert.equal((await other.describe()).state, 'locked');
  await cluster.unlock(other);
  assert.equal((await other.describe()).state, 'active');
});

test('a password changed or discarded on one member ends the sessions on the other', async () => {
  const { cluster, one, other } = await two();
  const [first, second] = [await cluster.login(one), await cluster.login(other)];
  await first.call('discardPassword', {});
  assert.equal(await refusal(second.call('random', { length: 1 })), 'not-allowed');
  const again = await cluster.connect(other);
  assert.equal(await refusal(again.call('login', { ...ALICE, alone: false })), 'wrong-credential');
});

test('a user locked on one member is locked on the other', async () => {
  const { cluster, one, other } = await two();
  const guess = await cluster.connect(one);
  for (let i = 0; i < 5; i += 1)
    await refusal(guess.call('login', { user: 'alice', password: 'wrong-one', alone: false }));
  const there = await cluster.connect(other);
  assert.equal(await refusal(there.call('login', { ...ALICE, alone: false })), 'user-locked');
});

test('with one member down use goes on, keys are not made, and what changed is told later', async () => {
  const { cluster, one, other } = await two();
  const alice = await cluster.login(one);
  const { key } = await newKey(alice);
  await other.kill();
  await cluster.until(async () => (await one.describe()).online.length === 0, 'the loss is seen');
  await opens(alice, key.handle, await seal(alice, key.handle));
  assert.equal(await refusal(newKey(alice)), 'members-down');
  assert.equal((await alice.call('findKeys', { label: '', after: '', limit: 10 })).keys.length, 1);
  const admin = await cluster.login(one, ADMIN);
  await admin.call('createUser', { user: 'bob', password: 'bob-password', role: 1 });
  await admin.call('changePassword', { ...ALICE, password: 'second-password' });

  const { changes } = await one.describe();
  await other.start([{ hsmId: one.plan.hsmId, changes }]);
  await cluster.unlock(other);
  assert.equal((await other.describe()).state, 'behind');
  const early = await cluster.connect(other);
  assert.equal(
    await refusal(early.call('login', { ...ALICE, alone: false })),
    'state',
    'an old password does not count',
  );
  await cluster.pair(one, other);
  await cluster.reaches(other, 'active');
  await cluster.live(one, other.plan.hsmId);
  await cluster.login(other, { user: 'bob', password: 'bob-password' });
  const late = await cluster.login(other, { user: 'alice', password: 'second-password' });
  await newKey(late);
});

test('a member that is removed is waited for no more', async () => {
  const { cluster, one, other } = await two();
  await other.kill();
  await cluster.until(async () => (await one.describe()).online.length === 0, 'the loss is seen');
  await one.asked.call('removeMember', { hsmId: other.plan.hsmId });
  await newKey(await cluster.login(one));
  assert.equal(await refusal(one.asked.call('removeMember', { hsmId: one.plan.hsmId })), 'not-found');
});

test('a member that was put back is told so by the other, and halts', async () => {
  const { cluster, one, other } = await two();
  await other.stop();
  const old = `${other.plan.folder}-old`;
  cpSync(other.plan.folder, old, { recursive: true });
  const mark = other.mark;
  await other.start();
  await cluster.unlock(other);
  await cluster.pair(one, other);
  await cluster.live(one, other.plan.hsmId);
  await cluster.live(other, one.plan.hsmId);
  const admin = await cluster.login(other, ADMIN);
  await admin.call('createUser', { user: 'bob', password: 'bob-password', role: 1 });
  await other.stop();
  cpSync(old, other.plan.folder, { recursive: true });
  // A host that was put back as well.
  other.mark = mark;
  await other.start();
  await cluster.unlock(other);
  await cluster.pair(one, other);
  await cluster.reaches(other, 'halted');
  assert.match((await other.describe()).reason, /older/);
  assert.equal((await one.describe()).state, 'active');
});

test('a new unlock code counts on every member', async () => {
  const { cluster, one, other } = await two();
  const admin = await cluster.login(one, ADMIN);
  const { unlockCode } = await admin.call('replaceUnlockCode', {});
  await admin.call('confirmUnlockCode', { code: unlockCode });
  await other.stop();
  await other.start();
  assert.equal(await refusal(cluster.unlock(other)), 'wrong-credential');
  await cluster.unlock(other, unlockCode);
});

test('the answer to tampering that one member is told counts on the other', async () => {
  const { cluster, one, other } = await two();
  const admin = await cluster.login(one, ADMIN);
  await admin.call('setTamperAnswer', { answer: 1 });
  await other.stop();
  const log = readFileSync(other.path('log'));
  log[log.length - 1] = (log.at(-1) ?? 0) ^ 1;
  writeFileSync(other.path('log'), log);
  await other.start();
  assert.equal(await refusal(cluster.unlock(other)), 'tampered');
  await cluster.reaches(other, 'zeroized');
});

test('kill -9 of one member under load loses nothing that was acknowledged', async () => {
  const { cluster, one, other } = await two();
  const handles: string[] = [];
  const sealed: { handle: string; blob: Buffer }[] = [];
  const alice = await cluster.login(other);
  const steady = await cluster.login(one);
  let failed = 0;
  const makeKeys = async (): Promise<void> => {
    for (let i = 0; i < 200; i += 1) {
      try {
        const { key } = await newKey(alice, `k${i}`);
        handles.push(key.handle);
        sealed.push({ handle: key.handle, blob: await seal(alice, key.handle) });
      } catch {
        failed += 1;
        return;
      }
    }
  };
  const load = Promise.all([makeKeys(), makeKeys(), makeKeys()]);
  await cluster.until(async () => handles.length > 20, 'keys are made');
  await other.kill();
  await load;
  assert.ok(failed > 0);
  for (const { handle, blob } of sealed) await opens(steady, handle, blob);
  for (const handle of handles) await steady.call('describeKey', { handle });
  const { changes } = await one.describe();
  await other.start([{ hsmId: one.plan.hsmId, changes }]);
  await cluster.unlock(other);
  await cluster.pair(one, other);
  await cluster.reaches(other, 'active');
  const again = await cluster.login(other);
  for (const { handle, blob } of sealed) await opens(again, handle, blob);
});

test('three members agree, also on changes that two made at one time', async () => {
  const { cluster, one, other } = await two();
  const third = await cluster.join(one, 'hsm-third234567');
  await cluster.pair(other, third);
  await cluster.live(other, third.plan.hsmId);
  await cluster.live(third, other.plan.hsmId);
  const admins = await Promise.all([one, other, third].map((hsm) => cluster.login(hsm, ADMIN)));
  await admins[0]?.call('createUser', { user: 'same', password: 'first-password', role: 1 });
  const ends = await Promise.all(
    admins.map((admin, i) =>
      refusal(admin.call('changePassword', { user: 'same', password: `password-${i}` })),
    ),
  );
  // Who hears of another one's change while hashing its own gives way.
  assert.ok(ends.includes('done'));
  assert.ok(ends.every((end) => end === 'done' || end === 'state'));
  const users = await Promise.all([one, other, third].map((hsm) => cluster.login(hsm)));
  const made = await Promise.all(users.map((user) => newKey(user)));
  for (const user of users)
    for (const { key } of made) await user.call('describeKey', { handle: key.handle });
  const works = async (hsm: HostedHsm, password: string): Promise<boolean> =>
    (await refusal(cluster.login(hsm, { user: 'same', password }))) === 'done';
  const passwords = ['password-0', 'password-1', 'password-2'];
  const chosen = await Promise.all(
    [one, other, third].map(async (hsm) => {
      for (const password of passwords) if (await works(hsm, password)) return password;
      return 'none';
    }),
  );
  assert.equal(new Set(chosen).size, 1);
  assert.notEqual(chosen[0], 'none');
});

test('members that were all killed go on together', async () => {
  const { cluster, one, other } = await two();
  const alice = await cluster.login(one);
  const { key } = await newKey(alice);
  await Promise.all([one.kill(), other.kill()]);
  const marks = [one, other].map(({ plan, mark }) => ({ hsmId: plan.hsmId, changes: mark.changes }));
  for (const hsm of [one, other]) {
    await hsm.start(marks.filter(({ hsmId }) => hsmId !== hsm.plan.hsmId));
    await cluster.unlock(hsm);
  }
  await cluster.pair(one, other);
  for (const hsm of [one, other]) await cluster.reaches(hsm, 'active');
  await cluster.live(one, other.plan.hsmId);
  const again = await cluster.login(other);
  await again.call('describeKey', { handle: key.handle });
  await newKey(again);
});

test('a third member is behind no longer than until it has all that counts, though some changes never come', async () => {
  const { cluster, one, other } = await two();
  const third = await cluster.join(one, 'hsm-third234567');
  await cluster.pair(other, third);
  await cluster.live(other, third.plan.hsmId);
  await third.kill();
  await cluster.until(async () => (await one.describe()).online.length === 1, 'the loss is seen');
  await cluster.until(async () => (await other.describe()).online.length === 1, 'the loss is seen');
  const [first, second] = [await cluster.login(one, ADMIN), await cluster.login(other, ADMIN)];
  await first.call('changePassword', { ...ALICE, password: 'from-the-first' });
  await second.call('changePassword', { ...ALICE, password: 'from-the-second' });
  const others = [];
  for (const hsm of [one, other])
    others.push({ hsmId: hsm.plan.hsmId, changes: (await hsm.describe()).changes });
  await third.start(others);
  await cluster.unlock(third);
  assert.equal((await third.describe()).state, 'behind');
  await cluster.pair(one, third);
  await cluster.reaches(third, 'active');
  await cluster.login(third, { user: 'alice', password: 'from-the-second' });
  await third.stop();
  await third.start(others);
  await cluster.unlock(third);
  assert.equal((await third.describe()).state, 'active', 'it is known after a start too');
});
