import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync } from 'node:fs';
import { after, test } from 'node:test';
import { HsmConnection } from '../../src/hsm/client/connection.ts';
import { identityFingerprint } from '../../src/hsm/protocol/chain.ts';
import { refusal, TestCluster } from '../support/hsm-cluster.ts';
import type { HostedHsm } from '../support/hsm-host.ts';

const clusters: TestCluster[] = [];
after(async () => {
  for (const cluster of clusters) await cluster.remove();
});
const newCluster = (): TestCluster => {
  const cluster = new TestCluster();
  clusters.push(cluster);
  return cluster;
};

async function backUp(hsm: HostedHsm): Promise<Buffer> {
  const { size, sha256 } = await hsm.asked.call('backup', {});
  const parts: Buffer[] = [];
  for (let offset = 0; offset < size; ) {
    const { part } = await hsm.asked.call('readBackup', { offset, length: 1000 });
    parts.push(Buffer.from(part));
    offset += part.length;
  }
  const blob = Buffer.concat(parts);
  assert.deepEqual(createHash('sha256').update(blob).digest(), Buffer.from(sha256));
  return blob;
}

async function write(hsm: HostedHsm, blob: Buffer): Promise<void> {
  for (let at = 0; at < blob.length; at += 700) {
    await hsm.asked.call('writeBackup', { part: blob.subarray(at, at + 700) });
  }
}

const AAD = Buffer.from('aad');

test('a backup restores keys, users and receipts into another HSM, with the unlock code alone', async () => {
  const cluster = newCluster();
  const one = await cluster.active();
  const alice = await cluster.login(one);
  const { key } = await alice.call('generateKey', { label: 'in-the-backup', usage: 1, extractable: true });
  const plaintext = Buffer.from('text');
  const sealed = Buffer.from(
    (await alice.call('kmsEncrypt', { handle: key.handle, plaintext, aad: AAD })).sealed,
  );
  const { key: wrapping } = await alice.call('generateKey', { label: 'w', usage: 2, extractable: false });
  await alice.call('wrapKey', { handle: key.handle, wrappingHandle: wrapping.handle, mechanism: 2 });
  const blob = await backUp(one);
  const { clusterCertificate } = await one.describe();
  assert.equal(blob.indexOf('in-the-backup'), -1);
  await one.stop();

  const restored = cluster.hsm('hsm-restored2345', {
    beginning: 'restore',
    clusterId: 'cluster-restored234',
  });
  await restored.start();
  assert.equal((await restored.describe()).state, 'restoring');
  await write(restored, blob);
  const foreign = { clusterCertificate: `${clusterCertificate}x` };
  assert.equal(await refusal(restored.asked.call('restore', foreign)), 'refused');
  await write(restored, blob);
  await restored.asked.call('restore', { clusterCertificate });
  const { state, identity } = await restored.describe();
  assert.equal(state, 'locked');
  const trust = { identity: identityFingerprint(identity) };
  const pinned = await HsmConnection.connect({ address: restored.address, trust });
  const code = { code: 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA' };
  assert.equal(await refusal(pinned.call('unlock', code)), 'wrong-credential');
  await pinned.call('unlock', { code: cluster.unlockCode });
  const again = await cluster.login(restored);
  const opened = await again.call('kmsDecrypt', { handle: key.handle, sealed, aad: AAD, check: false });
  assert.equal(Buffer.from(opened.plaintext).toString(), 'text');
  const shown = (await again.call('describeKey', { handle: key.handle })).key;
  assert.deepEqual([shown.lineage, shown.exports], [key.lineage, 1]);
  assert.deepEqual(
    (await again.call('listMembers', {})).members.map(({ hsmId }) => hsmId),
    ['hsm-restored2345'],
  );
  await restored.stop();
  await restored.start();
  await cluster.unlock(restored);
  assert.equal((await restored.describe()).keys, 2);
});

test('an altered backup is refused, and what is none', async () => {
  const cluster = newCluster();
  const one = await cluster.active();
  const blob = await backUp(one);
  const { clusterCertificate } = await one.describe();
  const restored = cluster.hsm('hsm-restored2345', { beginning: 'restore' });
  await restored.start();
  for (const junk of [Buffer.from('junk'), blob.subarray(0, 100), Buffer.concat([blob, Buffer.alloc(1)])]) {
    await write(restored, junk);
    assert.equal(await refusal(restored.asked.call('restore', { clusterCertificate })), 'refused');
  }
  const altered = Buffer.from(blob);
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  await write(restored, altered);
  await restored.asked.call('restore', { clusterCertificate });
  const trust = { identity: identityFingerprint((await restored.describe()).identity) };
  const pinned = await HsmConnection.connect({ address: restored.address, trust });
  assert.equal(await refusal(pinned.call('unlock', { code: cluster.unlockCode })), 'tampered');
  assert.equal((await restored.describe()).state, 'locked');
});

test('in unattended mode a backup restores by itself on the same server only', async () => {
  const cluster = newCluster();
  const one = await cluster.active({ mode: 'unattended' });
  const blob = await backUp(one);
  const { clusterCertificate } = await one.describe();
  await one.stop();
  const elsewhere = cluster.hsm('hsm-elsewhere234', { beginning: 'restore' });
  await elsewhere.start();
  await write(elsewhere, blob);
  await elsewhere.asked.call('restore', { clusterCertificate });
  assert.equal((await elsewhere.describe()).state, 'locked', 'another host secret');
  const here = cluster.hsm('hsm-here2345678', { beginning: 'restore' });
  cpSync(one.path('host-secret'), here.path('host-secret'));
  await here.start();
  await write(here, blob);
  await here.asked.call('restore', { clusterCertificate });
  assert.equal((await here.describe()).state, 'active');
});
