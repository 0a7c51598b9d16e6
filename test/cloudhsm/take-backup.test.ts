/** Of which HSM a backup is made, and what is on record of who opens it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type BackupRecord, newBackup } from '../../src/cloudhsm/backup.ts';
import type { CloudHsm } from '../../src/cloudhsm/cloudhsm.ts';
import { makeBackup } from '../../src/cloudhsm/cluster/take-backup.ts';
import type { ClusterRecord, HsmRecord } from '../../src/cloudhsm/cluster.ts';
import { modes } from '../../src/hsm/protocol/values.ts';
import { BackupFiles } from '../../src/server/hsm-host/backup-files.ts';
import { PLACE } from '../support/cloudhsm-parts.ts';
import { ADMIN, TestCluster } from '../support/hsm-cluster.ts';
import type { HostedHsm } from '../support/hsm-host.ts';

const hsms = ['hsm-a', 'hsm-b', 'hsm-c'].map(
  (id): HsmRecord => ({
    id,
    zone: 'us-east-1a',
    eniId: `eni-${id}`,
    address: '127.96.1.1',
    state: 'ACTIVE',
    beginning: 'join',
    created: 0,
  }),
);
const cluster: ClusterRecord = {
  ...PLACE,
  id: 'cluster-1',
  state: 'ACTIVE',
  created: 0,
  hsmType: 'hsm2m.medium',
  mode: 'NON_FIPS',
  start: 'attended',
  subnets: {},
  retentionDays: 90,
  family: 'cluster-1',
  initialization: { clusterCertificate: '', trustAnchor: '' },
  tags: [],
  hsms,
};

/** The HSM that was asked, and the record that was made, where only `serving` do. */
async function backUp(serving: readonly string[], leaving?: string) {
  const value = newBackup(cluster, 'backup-1', 0);
  const asked: string[] = [];
  const kept: BackupRecord[] = [];
  const parts = {
    backups: { get: async () => ({ version: 1, value }) },
    clusters: { get: async () => ({ version: 1, value: cluster }) },
    host: {
      state: (id: string) => (serving.includes(id) ? 'active' : 'locked'),
      call: async (_: 'backup', { hsmId }: { hsmId: string }) => {
        asked.push(hsmId);
        return { size: 1, sha256: Buffer.of(1), keys: 0, hostOpens: true };
      },
    },
    events: {
      commit: async ({ put = [] }: { put?: readonly { value: BackupRecord }[] }) =>
        void kept.push(...put.map((row) => row.value)),
    },
  };
  await makeBackup({ ...PLACE, backupId: 'backup-1' }, parts as unknown as CloudHsm, leaving);
  return { asked, content: kept[0]?.content };
}

test('the last backup of an HSM is made of itself, as long as it serves', async () => {
  assert.deepEqual((await backUp(['hsm-a', 'hsm-b', 'hsm-c'], 'hsm-b')).asked, ['hsm-b']);
  assert.deepEqual((await backUp(['hsm-a', 'hsm-c'], 'hsm-b')).asked, ['hsm-a']);
  assert.deepEqual((await backUp(['hsm-c'])).asked, ['hsm-c']);
});

test('whether the seal opens it stays on record', async () => {
  const { content } = await backUp(['hsm-a']);
  assert.deepEqual(content, { size: 1, sha256: '01', keys: 0, hostOpens: true });
});

const real = new TestCluster();
let hsm: HostedHsm;
before(async () => {
  hsm = await real.active();
});
after(() => real.remove());

test('a backup says whether the host opens it, as the mode is when it is made', async () => {
  const files = new BackupFiles(real.folder);
  const made = async (mode?: (typeof modes)[number]) => {
    if (mode !== undefined) {
      const admin = await real.login(hsm, ADMIN);
      await admin.call('setMode', { mode: modes.indexOf(mode) });
      admin.close();
    }
    return (await files.make(hsm.asked, 'backup-1')).hostOpens;
  };
  assert.deepEqual([await made(), await made('unattended'), await made('attended')], [false, true, false]);
});
