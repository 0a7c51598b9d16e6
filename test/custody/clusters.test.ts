/** What the rows of clusters, their backups and key stores say, for the custody report. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type BackupContent, backupRow, newBackup } from '../../src/cloudhsm/backup.ts';
import { type ClusterRecord, clusterRow } from '../../src/cloudhsm/cluster.ts';
import { must, type Place, parseRegion } from '../../src/core/ids.ts';
import { Clusters } from '../../src/custody/collect/clusters.ts';
import { type Credential, type KeyStoreRecord, keyStoreRow } from '../../src/kms/key-store.ts';
import type { RowRef } from '../../src/store/contract.ts';
import { ACCOUNT, startKms, type TestKms } from '../support/kms.ts';
import { machine } from './collected.ts';

const place: Place = { account: ACCOUNT, region: must(parseRegion('us-east-1'), 'Region') };
const cluster: ClusterRecord = {
  ...place,
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
  hsms: [],
};
const content = { size: 1, sha256: '', keys: 1 };
const receipt = { since: 1, receipt: '', time: 2 };

let kms: TestKms;
before(async () => {
  kms = await startKms();
});
after(() => kms.stop());

async function put(row: RowRef, value: object): Promise<void> {
  const version = ((await kms.rows.get(row.table, row.id))?.version ?? 0) + 1;
  await kms.rows.commit({ put: [{ ...row, version, value }] });
}

async function held() {
  const clusters = new Clusters({
    rows: kms.rows,
    now: () => 10,
    stateOf: () => 'locked',
    machine: async () => machine,
  });
  const name = {
    ...place,
    lineage: 'l',
    clusterId: 'cluster-1',
    storeId: 'cks-1',
    made: 1,
    erased: undefined,
  };
  return (await clusters.holding(name))?.[0] ?? assert.fail();
}

test('a backup made in unattended mode is under the seal, whatever the cluster is since', async () => {
  await put(clusterRow(place, cluster.id), cluster);
  const opened = async (made: BackupContent | undefined) => {
    const { content: _, ...backup } = { ...newBackup(cluster, 'backup-1', 2), content: undefined };
    await put(backupRow(place, 'backup-1'), { ...backup, ...(made && { content: made }) });
    return (await held()).backups.map(({ sealOpens }) => sealOpens);
  };
  assert.deepEqual(await opened({ ...content, hostOpens: true }), [true]);
  assert.deepEqual(await opened({ ...content, hostOpens: false }), [false]);
  assert.deepEqual(await opened(content), [true], 'nobody recorded it');
  assert.deepEqual(await opened(undefined), [false], 'it is being made');
});

test('a password counts as thrown away only where every HSM heard of it', async () => {
  await put(backupRow(place, 'backup-1'), newBackup(cluster, 'backup-1', 2));
  const discarded = async (credential: Credential) => {
    const store: KeyStoreRecord = {
      ...place,
      id: 'cks-1',
      name: 's',
      type: 'AWS_CLOUDHSM',
      created: 0,
      clusterId: 'cluster-1',
      clusterCertificate: '',
      trustAnchor: '',
      state: 'DISCONNECTED',
      attempt: 'a',
      credential,
    };
    await put(keyStoreRow(place, 'cks-1'), store);
    return (await held()).store?.passwordDiscarded;
  };
  assert.equal(await discarded({ ...receipt, state: 'discarded', notReached: [] }), true);
  assert.equal(await discarded({ ...receipt, state: 'discarded', notReached: ['hsm-b'] }), false);
  assert.equal(await discarded({ ...receipt, state: 'unheard', notReached: ['hsm-b'] }), false);
  assert.equal(await discarded({ since: 1, state: 'destroyed' }), false);
});
