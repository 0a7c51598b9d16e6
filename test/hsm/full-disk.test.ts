import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { after, test } from 'node:test';
import { readReceipt } from '../../src/hsm/protocol/receipts.ts';
import { ADMIN, refusal, TestCluster } from '../support/hsm-cluster.ts';

const clusters = [new TestCluster(), new TestCluster()] as const;
after(() => Promise.all(clusters.map((cluster) => cluster.remove())));
const skip = existsSync('/usr/bin/prlimit') ? false : 'needs prlimit';

test('without room keys are used and none is made, and nothing is half there afterwards', {
  skip,
}, async () => {
  const [cluster] = clusters;
  const hsm = await cluster.active({ mode: 'unattended' });
  const alice = await cluster.login(hsm);
  const made = { label: 'k', usage: 0, extractable: false };
  const { key } = await alice.call('generateKey', made);
  const limit = (bytes: number | 'unlimited') =>
    execFileSync('prlimit', ['--pid', String(hsm.pid), `--fsize=${bytes}:unlimited`]);
  const sizes = (['log', 'audit', 'slot-a'] as const).map((name) => statSync(hsm.path(name)).size);
  const [log = 0, audit = 0, slot = 0] = sizes;
  for (const bytes of [log + 1, audit + 1, slot - 1]) {
    limit(bytes);
    assert.equal(await refusal(alice.call('generateKey', made)), 'full', String(bytes));
    await alice.call('encrypt', { handle: key.handle, plaintext: Buffer.from('x'), aad: Buffer.alloc(0) });
  }
  limit('unlimited');
  await alice.call('generateKey', made);
  await hsm.stop();
  await hsm.start();
  const { state, keys } = await hsm.describe();
  assert.deepEqual([state, keys], ['active', 2]);
});

test('a key that is deleted where there is no room to erase it is deleted on the other member too', {
  skip,
}, async () => {
  const [, cluster] = clusters;
  const one = await cluster.active();
  const other = await cluster.join(one, 'hsm-second23456');
  const [alice, there] = [await cluster.login(one), await cluster.login(other)];
  const made = { label: 'k', usage: 0, extractable: false };
  const { key } = await alice.call('generateKey', made);
  const { key: shared } = await alice.call('generateKey', made);
  const users = ['bob', 'carol'];
  const admin = await cluster.login(one, ADMIN);
  for (const user of users) await admin.call('createUser', { user, password: `${user}-password`, role: 1 });
  for (const user of users) await alice.call('shareKey', { handle: shared.handle, user });
  const log = () => statSync(one.path('log')).size;
  const limit = (bytes: number | 'unlimited') =>
    execFileSync('prlimit', ['--pid', String(one.pid), `--fsize=${bytes}:unlimited`]);
  // What a removal takes, of a share that is as long or longer.
  const before = log();
  await alice.call('unshareKey', { handle: shared.handle, user: 'carol' });
  const removal = log() - before;
  await alice.call('shareKey', { handle: shared.handle, user: 'carol' });

  limit(log() + removal);
  const { receipt } = await alice.call('deleteKey', { handle: key.handle });
  const stated = readReceipt(receipt, new X509Certificate(cluster.ca.certificate));
  assert.ok(stated.type === 'deletion');
  assert.deepEqual([stated.erased, stated.notReached], [[other.plan.hsmId], [one.plan.hsmId]]);
  assert.equal(await refusal(there.call('describeKey', { handle: key.handle })), 'not-found');

  // The first of three changes is made, and the second not.
  limit(log() + removal);
  assert.equal(await refusal(alice.call('deleteKey', { handle: shared.handle })), 'full');
  limit('unlimited');
  const told = async (by: typeof alice) =>
    (await by.call('describeKey', { handle: shared.handle })).key.sharedWith;
  assert.deepEqual(await told(alice), ['carol']);
  await cluster.until(async () => (await told(there)).length === 1, 'the other member is told');
  await alice.call('deleteKey', { handle: shared.handle });
  assert.equal(await refusal(there.call('describeKey', { handle: shared.handle })), 'not-found');
  await one.stop();
  await one.start();
  await cluster.unlock(one);
  assert.equal((await one.describe()).keys, 0);
});
