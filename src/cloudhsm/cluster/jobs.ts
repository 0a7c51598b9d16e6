/** What the jobs of clusters and HSMs do. Each looks anew at what it is about: what was done or called off does nothing. */
import { HsmError } from '../../hsm/protocol/errors.ts';
import { joinChanges } from '../../kms/change.ts';
import type { RowsChange } from '../../store/rows-contract.ts';
import type { CloudHsm } from '../cloudhsm.ts';
import {
  type ClusterRecord,
  type HsmRecord,
  hoursOf,
  putCluster,
  replaceCluster,
  type StoredCluster,
} from '../cluster.ts';
import type { ClusterTimer, HsmTimer } from '../timers.ts';
import { eventOf } from './progress.ts';
import { makeBackup } from './take-backup.ts';

/** A cluster made of a backup has all that ACTIVE asks for but HSMs. */
export async function finishCreation(timer: ClusterTimer, parts: CloudHsm): Promise<void> {
  const stored = await parts.clusters.get(timer, timer.clusterId);
  if (stored?.value.state !== 'CREATE_IN_PROGRESS') return;
  const state = stored.value.sourceBackupId === undefined ? 'UNINITIALIZED' : 'ACTIVE';
  await parts.events.commit(putCluster(stored, { state }), eventOf(stored.value, 'CreateCluster'));
}

/** The HSM has its certificate durably before the row says so. */
export async function finishInitialization(timer: ClusterTimer, parts: CloudHsm): Promise<void> {
  const stored = await parts.clusters.get(timer, timer.clusterId);
  if (stored?.value.state !== 'INITIALIZE_IN_PROGRESS') return;
  const hsm = stored.value.hsms.find(({ state }) => state === 'ACTIVE');
  if (hsm === undefined) throw new Error('there is no HSM to initialize');
  const { csr: _csr, ...value } = stored.value;
  const done = (await initialize(stored.value, hsm, parts))
    ? replaceCluster(stored, { ...value, state: 'INITIALIZED' })
    : replaceCluster(stored, uninitialized(value));
  await parts.events.commit(done, eventOf(stored.value, 'InitializeCluster', hsm.id));
  parts.follow(stored.id);
}

/** False: the HSM refuses what the front found right, so that the cluster is as it was. */
async function initialize(
  { initialization }: ClusterRecord,
  { id: hsmId }: HsmRecord,
  { host }: CloudHsm,
): Promise<boolean> {
  const { clusterCertificate: certificate = '', trustAnchor = '' } = initialization ?? {};
  if ((await host.call('describe', { hsmId })).clusterCertificate !== '') return true;
  try {
    await host.call('initialize', { hsmId, certificate, trustAnchor });
    return true;
  } catch (error) {
    if (error instanceof HsmError && error.code === 'refused') return false;
    throw error;
  }
}

function uninitialized({ initialization: _initialization, ...value }: ClusterRecord): ClusterRecord {
  return { ...value, state: 'UNINITIALIZED' };
}

export async function finishDeletion(timer: ClusterTimer, now: number, parts: CloudHsm): Promise<void> {
  const stored = await parts.clusters.get(timer, timer.clusterId);
  if (stored?.value.state !== 'DELETE_IN_PROGRESS') return;
  const change = putCluster(stored, { state: 'DELETED', deleted: now });
  await parts.events.commit(change, eventOf(stored.value, 'DeleteCluster'));
}

/** Makes the backup that belongs to the deletion, then erases the HSM. */
export async function removeHsm(timer: HsmTimer, parts: CloudHsm): Promise<void> {
  const found = await findDeleted(timer, parts);
  if (found === undefined) return;
  const { account, region } = timer;
  const backupId = found.hsm.lastBackup;
  if (backupId !== undefined) await makeBackup({ account, region, backupId }, parts, timer.hsmId);
  await parts.host.call('remove', { hsmId: timer.hsmId });
  const left = await findDeleted(timer, parts);
  if (left === undefined) return;
  await parts.events.commit(
    withoutHsm(left, parts.clock.now()),
    eventOf(left.stored.value, 'DeleteHsm', timer.hsmId),
  );
  // The others learn that they are fewer.
  parts.follow(left.stored.id);
}

interface FoundHsm {
  readonly stored: StoredCluster;
  readonly hsm: HsmRecord;
}

async function findDeleted(timer: HsmTimer, parts: CloudHsm): Promise<FoundHsm | undefined> {
  const stored = await parts.clusters.get(timer, timer.clusterId);
  const hsm = stored?.value.hsms.find(({ id }) => id === timer.hsmId);
  return stored === undefined || hsm?.state !== 'DELETE_IN_PROGRESS' ? undefined : { stored, hsm };
}

/** A cluster that was not active yet had its key in this HSM alone, so without it it is as new. */
function withoutHsm({ stored, hsm }: FoundHsm, now: number): RowsChange {
  const hsms = stored.value.hsms.filter(({ id }) => id !== hsm.id);
  const anew = stored.value.state !== 'ACTIVE';
  const { csr: _csr, ...kept } = stored.value;
  const value = { ...kept, meteredHours: (kept.meteredHours ?? 0) + hoursOf(hsm, now) };
  return joinChanges(replaceCluster(stored, { ...(anew ? uninitialized(value) : value), hsms }), {
    delete: [{ table: 'hsm-address', id: hsm.address, version: 1 }],
  });
}
