import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { HsmConnection } from '../../src/hsm/client/connection.ts';
import { readReceipt } from '../../src/hsm/protocol/receipts.ts';
import { ADMIN, ALICE, refusal, TestCluster } from '../support/hsm-cluster.ts';
import type { HostedHsm } from '../support/hsm-host.ts';

const cluster = new TestCluster();
let hsm: HostedHsm;
before(async () => {
  hsm = await cluster.active();
});
after(() => cluster.remove());

const BOB = { user: 'bob', password: 'bob-password' };
const wrong = (user: string) => ({ user, password: 'not-the-password', alone: false });

test('roles are kept apart', async () => {
  const admin = await cluster.login(hsm, ADMIN);
  const alice = await cluster.login(hsm);
  const key = { label: 'k', usage: 0, extractable: false };
  assert.equal(await refusal(admin.call('generateKey', key)), 'not-allowed');
  await assert.rejects(admin.call('generateKey', key), /this is for crypto users only/);
  await assert.rejects(alice.call('createUser', { ...BOB, role: 1 }), /this is for administrators only/);
  assert.equal(await refusal(alice.call('createUser', { ...BOB, role: 1 })), 'not-allowed');
  assert.equal(
    await refusal(alice.call('changePassword', { ...ADMIN, password: 'another-one' })),
    'not-allowed',
  );
  assert.equal(await refusal(admin.call('createUser', { ...ALICE, role: 1 })), 'exists');
  assert.equal(await refusal(admin.call('createUser', { ...BOB, role: 2 })), 'refused');
  assert.equal(
    await refusal(admin.call('createUser', { user: 'a b', password: 'good-enough', role: 1 })),
    'refused',
  );
  await admin.call('createUser', { ...BOB, role: 1 });
  const { users } = await alice.call('listUsers', {});
  assert.deepEqual(
    users.map(({ user, role }) => [user, role]),
    [
      ['admin', 0],
      ['alice', 1],
      ['bob', 1],
      ['app_user', 2],
    ],
  );
  assert.equal(users.find(({ user }) => user === 'alice')?.sessions, 1);
});

test('before a login nothing is answered but what is for anyone', async () => {
  const connection = await cluster.connect(hsm);
  assert.equal(await refusal(connection.call('random', { length: 1 })), 'not-allowed');
  assert.equal(await refusal(connection.call('listUsers', {})), 'not-allowed');
  assert.equal(
    await refusal(connection.call('login', { user: 'nobody', password: 'x', alone: false })),
    'user-not-found',
  );
  assert.equal((await connection.call('info', {})).hsmId, hsm.plan.hsmId);
});

test('five wrong passwords lock a user, across restarts too, and an administrator frees it', async () => {
  const guess = await cluster.connect(hsm);
  for (let i = 0; i < 3; i += 1)
    assert.equal(await refusal(guess.call('login', wrong('bob'))), 'wrong-credential');
  await hsm.kill();
  await hsm.start();
  await cluster.unlock(hsm);
  const many = await cluster.connect(hsm);
  const ends = await Promise.all([1, 2, 3, 4].map(() => refusal(many.call('login', wrong('bob')))));
  assert.deepEqual(ends, ['wrong-credential', 'wrong-credential', 'user-locked', 'user-locked']);
  assert.equal(await refusal(many.call('login', { ...BOB, alone: false })), 'user-locked');
  const admin = await cluster.login(hsm, ADMIN);
  const { users } = await admin.call('listUsers', {});
  assert.equal(users.find(({ user }) => user === 'bob')?.locked, true);
  await admin.call('changePassword', { ...BOB, password: 'a-new-password' });
  await many.call('login', { user: 'bob', password: 'a-new-password', alone: false });
});

test('a right password sets the count of wrong ones back', async () => {
  const connection = await cluster.connect(hsm);
  for (let round = 0; round < 2; round += 1) {
    for (let i = 0; i < 4; i += 1) await refusal(connection.call('login', wrong('alice')));
    const alice = await cluster.login(hsm);
    alice.close();
  }
});

test('a changed password ends the other sessions of the user, and the receipt says so', async () => {
  const [one, two] = [await cluster.login(hsm), await cluster.login(hsm)];
  const { receipt } = await one.call('changePassword', { ...ALICE, password: 'second-password' });
  const stated = readReceipt(receipt, new X509Certificate(cluster.ca.certificate));
  assert.ok(stated.type === 'password');
  assert.deepEqual([stated.ofUser, stated.discarded, stated.changed], ['alice', false, [hsm.plan.hsmId]]);
  assert.equal(await refusal(two.call('random', { length: 1 })), 'not-allowed');
  await one.call('random', { length: 1 });
  await one.call('changePassword', ALICE);
});

test('a discarded password lets nobody in until an administrator sets another', async () => {
  const alice = await cluster.login(hsm);
  const { receipt } = await alice.call('discardPassword', {});
  const stated = readReceipt(receipt, new X509Certificate(cluster.ca.certificate));
  assert.ok(stated.type === 'password' && stated.discarded);
  assert.equal(await refusal(alice.call('random', { length: 1 })), 'not-allowed');
  const again = await cluster.connect(hsm);
  assert.equal(await refusal(again.call('login', { ...ALICE, alone: false })), 'wrong-credential');
  const admin = await cluster.login(hsm, ADMIN);
  await admin.call('changePassword', ALICE);
  await again.call('login', { ...ALICE, alone: false });
  const altered = Buffer.from(receipt);
  altered[40] = (altered[40] ?? 0) ^ 1;
  assert.throws(() => readReceipt(altered, new X509Certificate(cluster.ca.certificate)));
});

test('a user who wants to be alone is refused while it is logged in elsewhere', async () => {
  const first = await cluster.login(hsm);
  const second = await cluster.connect(hsm);
  assert.equal(await refusal(second.call('login', { ...ALICE, alone: true })), 'user-logged-in');
  const admin = await cluster.login(hsm, ADMIN);
  for (const other of cluster.connections) if (other !== admin && other !== second) other.close();
  await cluster.until(async () => {
    const { users } = await admin.call('listUsers', {});
    return users.find(({ user }) => user === 'alice')?.sessions === 0;
  }, 'no session of alice');
  await second.call('login', { ...ALICE, alone: true });
  assert.ok(!first.open);
});

test('a deleted user is gone with its sessions, but not while it owns keys', async () => {
  const admin = await cluster.login(hsm, ADMIN);
  await admin.call('createUser', { user: 'carol', password: 'carol-password', role: 1 });
  const carol = await cluster.login(hsm, { user: 'carol', password: 'carol-password' });
  const { key } = await carol.call('generateKey', { label: 'k', usage: 0, extractable: false });
  assert.equal(await refusal(admin.call('deleteUser', { user: 'carol' })), 'refused');
  await carol.call('deleteKey', { handle: key.handle });
  await admin.call('deleteUser', { user: 'carol' });
  assert.equal(await refusal(carol.call('random', { length: 1 })), 'not-allowed');
  assert.equal(await refusal(admin.call('deleteUser', { user: 'admin' })), 'refused');
});

test('no session is left of a connection that closed, or logged in twice, while its password was checked', async () => {
  const admin = await cluster.login(hsm, ADMIN);
  await admin.call('createUser', { user: 'dave', password: 'dave-password', role: 1 });
  const dave = { user: 'dave', password: 'dave-password', alone: false };
  const sessions = async () => {
    const { users } = await admin.call('listUsers', {});
    return users.find(({ user }) => user === 'dave')?.sessions;
  };
  const closed = await cluster.connect(hsm);
  const login = refusal(closed.call('login', dave));
  // It is answered before the password of the login is checked.
  await closed.call('info', {});
  closed.close();
  assert.equal(await login, 'unavailable');
  const twice = await cluster.connect(hsm);
  const outcomes = await Promise.all([1, 2].map(() => refusal(twice.call('login', dave))));
  assert.deepEqual(outcomes.sort(), ['done', 'state']);
  assert.equal(await sessions(), 1);
  twice.close();
  await cluster.until(async () => (await sessions()) === 0, 'no session of dave');
});

test('what a user began before it was deleted, or its password changed, is not done after that', async () => {
  const admin = await cluster.login(hsm, ADMIN);
  const begun = async (by: HsmConnection, call: Promise<unknown>): Promise<void> => {
    call.catch(() => undefined);
    // It is answered before the new password is hashed.
    await by.call('info', {});
  };
  const names = async () => (await admin.call('listUsers', {})).users.map(({ user }) => user);
  const erin = { user: 'erin', password: 'erin-password' };
  await admin.call('createUser', { ...erin, role: 1 });
  const revoked = await cluster.login(hsm, erin);
  const change = revoked.call('changePassword', { user: 'erin', password: 'back-again' });
  await begun(revoked, change);
  await admin.call('deleteUser', { user: 'erin' });
  assert.equal(await refusal(change), 'not-allowed');
  assert.ok(!(await names()).includes('erin'));

  await admin.call('createUser', { ...erin, role: 0 });
  const second = await cluster.login(hsm, erin);
  const create = second.call('createUser', { user: 'frank', password: 'frank-password', role: 0 });
  await begun(second, create);
  await admin.call('deleteUser', { user: 'erin' });
  assert.equal(await refusal(create), 'not-allowed');
  assert.ok(!(await names()).includes('frank'));

  await admin.call('createUser', { ...erin, role: 1 });
  const third = await cluster.login(hsm, erin);
  const late = admin.call('changePassword', { user: 'erin', password: 'set-by-admin' });
  await begun(admin, late);
  await third.call('discardPassword', {});
  assert.equal(await refusal(late), 'state', 'the user is not the one that the administrator changes');
});
