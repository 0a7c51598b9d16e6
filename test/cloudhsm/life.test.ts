/** The life of a cluster through the AWS SDK for JavaScript and TLS to its HSMs, on a server of its own. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  CloudHsmInvalidRequestException,
  CloudHsmResourceNotFoundException,
  DeleteBackupCommand,
  DeleteClusterCommand,
  DescribeBackupsCommand,
  RestoreBackupCommand,
} from '@aws-sdk/client-cloudhsm-v2';
import { connectByIdentity, HsmUser, ZONES } from '../support/cloudhsm.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let user: HsmUser;
let id = '';
let first = '';
let second = '';
const ALICE = { user: 'alice', password: 'alice-password' };

before(async () => {
  server = await startServer();
  user = new HsmUser(server);
});
after(async () => {
  user.close();
  await server.stop();
});

test('a cluster is created, initialized under the customer CA and activated', async () => {
  ({ id, hsm: first } = await user.active());
  const cluster = await user.cluster(id);
  assert.equal(cluster?.Hsms?.[0]?.State, 'ACTIVE');
  assert.equal(cluster?.Certificates?.ClusterCsr, undefined);
  assert.match(cluster?.Certificates?.ClusterCertificate ?? '', /BEGIN CERTIFICATE/);
  assert.deepEqual(Object.keys(cluster?.SubnetMapping ?? {}), [...ZONES]);
});

test('activation makes a backup, as ciphertext in a private file', async () => {
  const [backup] = await user.readyBackups(id, 1);
  const path = join(server.data, 'hsm-backups', backup?.BackupId ?? '');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(path).subarray(0, 8).toString(), 'LKHSMBK1');
  for (const name of ['hsm', 'hsm-marks', 'hsm-backups'])
    assert.equal(statSync(join(server.data, name)).mode & 0o777, 0o700);
});

test('a second HSM waits for an administrator, then holds the same users and keys', async () => {
  const admin = await user.login(id, first);
  await admin.call('createUser', { ...ALICE, role: 1 });
  second = await user.join(id, first);
  const [alice, other] = [await user.login(id, first, ALICE), await user.login(id, second, ALICE)];
  const { key } = await alice.call('generateKey', { label: 'k', usage: 0, extractable: false });
  const { key: same } = await other.call('describeKey', { handle: key.handle });
  assert.equal(same.lineage, key.lineage);
  await user.readyBackups(id, 2);
});

test('a deleted HSM is backed up, and its files are gone; a key can be made again', async () => {
  await user.deleteHsm(id, second);
  await user.readyBackups(id, 3);
  assert.deepEqual(readdirSync(join(server.data, 'hsm')), [first]);
  const alice = await user.login(id, first, ALICE);
  // The other learns that it is alone a moment later.
  for (;;) {
    const made = await alice.call('generateKey', { label: 'l', usage: 0, extractable: false }).then(
      () => true,
      (error: { code: string }) => {
        assert.equal(error.code, 'members-down');
        return false;
      },
    );
    if (made) break;
  }
});

test('a cluster with HSMs is not deleted; one without is, and its backups stay', async () => {
  const remove = () => user.client.send(new DeleteClusterCommand({ ClusterId: id }));
  await assert.rejects(remove(), CloudHsmInvalidRequestException);
  await user.deleteHsm(id, first);
  await remove();
  await user.reaches(id, ({ State }) => State === 'DELETED');
  await assert.rejects(remove(), CloudHsmResourceNotFoundException);
  assert.equal((await user.readyBackups(id, 4)).length, 4);
});

test('a cluster made of the newest backup has the keys, once it is unlocked', async () => {
  const [newest] = await user.readyBackups(id, 4);
  const restored = await user.create({ SourceBackupId: newest?.BackupId });
  const hsm = await user.createHsm(restored);
  await user.hsmReaches(restored, hsm, 'CREATE_IN_PROGRESS', /^Locked/);
  const locked = await user.hsm(restored, hsm);
  assert.equal(locked?.State, 'CREATE_IN_PROGRESS');
  await unlockRestored(restored, hsm);
  await user.hsmReaches(restored, hsm, 'ACTIVE');
  const alice = await user.login(restored, hsm, ALICE);
  const { keys } = await alice.call('findKeys', { label: '', after: '', limit: 10 });
  assert.deepEqual(keys.map(({ label }) => label).sort(), ['k', 'l']);
});

/** It has no certificate yet: the identity is got from the host, here by the eyes of this test. */
async function unlockRestored(clusterId: string, hsmId: string): Promise<void> {
  const connection = await connectByIdentity((await user.hsm(clusterId, hsmId))?.EniIp ?? '');
  await connection.call('unlock', { code: user.unlockCode });
  connection.close();
}

test('a backup that is deleted can be restored within its seven days', async () => {
  const [newest] = await user.readyBackups(id, 4);
  const BackupId = newest?.BackupId;
  const { Backup: pending } = await user.client.send(new DeleteBackupCommand({ BackupId }));
  assert.equal(pending?.BackupState, 'PENDING_DELETION');
  const days = (Number(pending?.DeleteTimestamp) - Date.now()) / 86_400_000;
  assert.ok(days > 6.9 && days <= 7);
  await assert.rejects(user.create({ SourceBackupId: BackupId }), CloudHsmInvalidRequestException);
  const { Backup: back } = await user.client.send(new RestoreBackupCommand({ BackupId }));
  assert.equal(back?.BackupState, 'READY');
  assert.equal(back?.DeleteTimestamp, undefined);
});

test('backups are listed newest first, by pages', async () => {
  const times: number[] = [];
  for (let NextToken: string | undefined; ; ) {
    const page = await user.client.send(
      new DescribeBackupsCommand({ MaxResults: 2, ...(NextToken !== undefined && { NextToken }) }),
    );
    times.push(...(page.Backups ?? []).map(({ CreateTimestamp }) => Number(CreateTimestamp)));
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  assert.ok(times.length >= 5);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => b - a),
  );
});
