/** Backups by the clock: daily ones, those past their retention, those that were deleted; and what the journal says. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { HsmConnection } from '../../src/hsm/client/connection.ts';
import { ADMIN, HSM_PORT, SUBNETS, until } from '../support/cloudhsm.ts';
import { startCloudHsm, type TestCloudHsm } from '../support/cloudhsm-parts.ts';
import { type CustomerCa, makeCustomerCa } from '../support/customer-ca.ts';

let hsm: TestCloudHsm;
let ca: CustomerCa;
let id = '';

before(async () => {
  hsm = await startCloudHsm();
  ca = makeCustomerCa();
});
after(async () => {
  await hsm.stop();
  ca.remove();
});

const cluster = async () =>
  (await hsm.call('DescribeClusters', { Filters: { clusterIds: [id] } })).Clusters[0];
const backups = async (...states: readonly string[]): Promise<readonly string[]> => {
  const found = (await hsm.call('DescribeBackups', { Filters: { states } })).Backups;
  return found.map(({ BackupId }: { BackupId: string }) => BackupId);
};
const files = () => readdirSync(join(hsm.data, 'hsm-backups')).sort();
/** A page of jobs at a time, until what they lead to is done as well. */
const settle = async () => {
  for (let i = 0; i < 3; i += 1) await hsm.runJobs();
};
/** As a server would see it: by less than a day at a time, so that the clock is believed. */
async function passDays(days: number): Promise<void> {
  for (let half = 0; half < days * 2; half += 1) {
    hsm.clock.ahead += DAY_MS / 2 + 1;
    await settle();
  }
}

test('an activated cluster is backed up at once', async () => {
  const retention = { Type: 'DAYS', Value: '7' };
  const input = { HsmType: 'hsm1.medium', SubnetIds: SUBNETS, BackupRetentionPolicy: retention };
  id = (await hsm.call('CreateCluster', input)).Cluster.ClusterId;
  await settle();
  await hsm.call('CreateHsm', { ClusterId: id, AvailabilityZone: 'us-east-1a' });
  const csr = await until('a request', async () => (await cluster()).Certificates.ClusterCsr);
  await until('an HSM', async () => ((await cluster()).Hsms[0].State === 'ACTIVE' ? true : undefined));
  const certificates = { SignedCert: ca.sign(csr), TrustAnchor: ca.certificate };
  await hsm.call('InitializeCluster', { ClusterId: id, ...certificates });
  await settle();
  const { State, Hsms } = await cluster();
  assert.equal(State, 'INITIALIZED');
  const trust = { anchor: ca.certificate, clusterId: id, allowLocked: false };
  const connection = await HsmConnection.connect({ address: { host: Hsms[0].EniIp, port: HSM_PORT }, trust });
  await connection.call('activate', ADMIN);
  connection.close();
  await until('activation', async () => ((await cluster()).State === 'ACTIVE' ? true : undefined));
  assert.equal((await backups('CREATE_IN_PROGRESS')).length, 1);
  await settle();
  assert.equal((await backups('READY')).length, 1);
});

test('then daily; those older than the retention go, with their files, but never the newest', async () => {
  const [first = ''] = await backups('READY');
  await passDays(3);
  assert.equal((await backups('READY')).length, 4);
  await hsm.call('ModifyBackupAttributes', { BackupId: first, NeverExpires: true });
  await passDays(8);
  const kept = await backups('READY');
  assert.ok(kept.includes(first));
  assert.equal(kept.length, 8);
  assert.deepEqual(files(), [...kept].sort());
  assert.equal((await backups('DELETED')).length, 4);
});

test('a deleted backup is destroyed after seven days, one that was restored is not', async () => {
  const [, restored = '', gone = ''] = await backups('READY');
  for (const BackupId of [restored, gone]) await hsm.call('DeleteBackup', { BackupId });
  await hsm.call('RestoreBackup', { BackupId: restored });
  await hsm.call('ModifyBackupAttributes', { BackupId: restored, NeverExpires: true });
  await passDays(6);
  assert.ok((await backups('PENDING_DELETION')).includes(gone));
  await passDays(1.5);
  assert.ok((await backups('DELETED')).includes(gone));
  assert.ok((await backups('READY')).includes(restored));
  assert.equal(files().includes(gone), false);
  await assert.rejects(hsm.call('RestoreBackup', { BackupId: gone }), {
    code: 'CloudHsmResourceNotFoundException',
  });
});

test('nothing is destroyed by a clock that jumped', async () => {
  const before = files();
  hsm.clock.ahead += 400 * DAY_MS;
  const runner = await hsm.runJobs();
  assert.equal(runner.status().clock === 'trusted', false);
  assert.ok(before.every((file) => files().includes(file)));
});

test('the journal has what was asked for and what followed from it', async () => {
  const names = await hsm.events();
  const order = [
    'CreateCluster',
    'CreateHsm',
    'InitializeCluster',
    'ActivateCluster',
    'CreateBackup',
    'DeleteBackup',
  ];
  const places = order.map((name) => names.indexOf(name));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  assert.ok(places.every((place) => place >= 0));
});
