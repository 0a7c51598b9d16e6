import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { JoinInbox } from '../../src/hsm/join-inbox.ts';
import type { Change } from '../../src/hsm/vault.ts';
import { ADMIN, refusal, TestCluster } from '../support/hsm-cluster.ts';
import type { HostedHsm } from '../support/hsm-host.ts';
import { StrangePeer } from '../support/hsm-peer.ts';

const clusters: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.remove();
});

const SECOND = 'hsm-second23456';
const STRANGER = 'hsm-stranger2345';

async function one(): Promise<{ cluster: TestCluster; one: HostedHsm }> {
  const cluster = new TestCluster();
  clusters.push(cluster);
  return { cluster, one: await cluster.active() };
}

async function approve(
  cluster: TestCluster,
  by: HostedHsm,
  hsmId: string,
  identity: Uint8Array,
): Promise<void> {
  const admin = await cluster.login(by, ADMIN);
  await admin.call('approveMember', { hsmId, identity });
}

/** An HSM that joins, with a link that nobody approved besides. */
async function joinerWithStranger(): Promise<{
  cluster: TestCluster;
  one: HostedHsm;
  other: HostedHsm;
  stranger: StrangePeer;
}> {
  const begun = await one();
  const other = begun.cluster.hsm(SECOND, { beginning: 'join' });
  await other.start();
  const stranger = new StrangePeer(STRANGER, other.plan.clusterId);
  await stranger.connect(other);
  await stranger.met;
  await approve(begun.cluster, begun.one, SECOND, (await other.describe()).identity);
  return { ...begun, other, stranger };
}

/** The stranger's link is no use any more: nothing is taken from it and nothing came. */
async function isCutOff(cluster: TestCluster, stranger: StrangePeer, by: HostedHsm): Promise<void> {
  assert.notEqual(await refusal(stranger.meet()), 'done');
  const admin = await cluster.login(by, ADMIN);
  await admin.call('createUser', { user: 'later', password: 'later-password', role: 1 });
  await cluster.until(async () => stranger.closed, 'the link is closed');
  assert.equal(stranger.came, 0);
}

test('a link that an HSM got while it joined, and nobody approved, gets no key after the join', async () => {
  const { cluster, one, other, stranger } = await joinerWithStranger();
  await cluster.pair(one, other);
  await cluster.reaches(other, 'active');
  await isCutOff(cluster, stranger, other);
});

test('what a link that nobody approved sends while an HSM joins is not part of the cluster', async () => {
  const { cluster, one, other, stranger } = await joinerWithStranger();
  const content = Buffer.from([0]);
  const forged = {
    kind: 3,
    id: 'forged',
    origin: STRANGER,
    sequence: 1,
    clock: 1,
    removed: true,
    content,
  };
  await stranger.link.call('changes', { changes: [forged] });
  await cluster.pair(one, other);
  await cluster.reaches(other, 'active');
  await cluster.live(one, SECOND);
  await cluster.live(other, one.plan.hsmId);
  const admin = await cluster.login(other, ADMIN);
  assert.deepEqual(
    (await admin.call('listUsers', {})).users.map(({ user }) => user),
    ['admin', 'alice', 'app_user'],
  );
  assert.notEqual(await refusal(stranger.link.call('changes', { changes: [forged] })), 'done');
  await isCutOff(cluster, stranger, other);
});

test('a joining HSM takes a cluster only from a link with a member of it', async () => {
  const { cluster, one, other, stranger } = await joinerWithStranger();
  // All that the cluster has, by way of a member that the stranger was for a while.
  const copy: Change[] = [];
  const spy = new StrangePeer('hsm-spy23456789', other.plan.clusterId);
  spy.onChanges = (changes) => copy.push(...changes.map((c) => ({ ...c, content: Buffer.from(c.content) })));
  await approve(cluster, one, spy.hsmId, spy.identity);
  await spy.connect(one);
  await spy.meet();
  await cluster.until(async () => copy.some(({ id }) => id === SECOND), 'the spy has all');
  await stranger.link.call('changes', { changes: copy });
  assert.notEqual(await refusal(stranger.link.call('caughtUp', { held: [] })), 'done');
  await cluster.until(async () => stranger.closed, 'the link is closed');
  assert.equal((await other.describe()).state, 'joining');
});

test('a member that was removed gets nothing more over the link it had', async () => {
  const { cluster, one: first } = await one();
  const other = await cluster.join(first, SECOND);
  await first.asked.call('removeMember', { hsmId: SECOND });
  assert.deepEqual((await first.describe()).online, []);
  const admin = await cluster.login(first, ADMIN);
  await admin.call('createUser', { user: 'bob', password: 'bob-password', role: 1 });
  const there = await cluster.connect(other);
  assert.equal(
    await refusal(there.call('login', { user: 'bob', password: 'bob-password', alone: false })),
    'user-not-found',
  );
});

test('a member approved anew under another identity is heard no more under the one it had', async () => {
  const { cluster, one: first } = await one();
  const peer = new StrangePeer(SECOND, first.plan.clusterId);
  await approve(cluster, first, SECOND, peer.identity);
  await peer.connect(first);
  await peer.meet();
  await cluster.until(async () => peer.came > 0, 'what it lacks comes');
  await approve(cluster, first, SECOND, new StrangePeer(SECOND, '').identity);
  await cluster.until(async () => peer.closed, 'the link is closed');
});

test('what comes for an HSM that joins has a bound, and is forgotten with the link it came on', () => {
  const inbox = new JoinInbox();
  const meta = { kind: 5, id: 'k', origin: 'o', sequence: 1, clock: 1, removed: false };
  const much = { ...meta, content: Buffer.alloc(100 * 1024 * 1024) };
  const [a, b] = [{}, {}];
  inbox.add(a, [much]);
  inbox.add(b, [much]);
  assert.throws(() => inbox.add(b, [much]), { code: 'full' });
  inbox.drop(a);
  assert.equal(inbox.of(a).length, 0);
  inbox.add(b, [much]);
  assert.equal(inbox.of(b).length, 2);
});
