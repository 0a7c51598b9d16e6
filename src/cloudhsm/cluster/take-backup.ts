/** What the jobs of backups do. Each looks anew at what it is about: what was done or called off does nothing. */
import { DAY_MS } from '../../core/clock.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import { joinChanges } from '../../kms/change.ts';
import { type BackupRecord, putBackup, type StoredBackup } from '../backup.ts';
import type { CloudHsm } from '../cloudhsm.ts';
import { putCluster } from '../cluster.ts';
import type { ClusterEvent, ClusterEventName } from '../events.ts';
import { backupArn, clusterArn } from '../ids.ts';
import type { BackupTimer, ClusterTimer } from '../timers.ts';
import { newBackupOf } from './new-backup.ts';
import { eventOf } from './progress.ts';

/**
 * Of any HSM of the cluster that serves, but of `leaving`, which is to be erased, if it does: of a partition that one may
 * have what the others lack. Rejects where none does: it is tried again.
 */
export async function makeBackup(timer: BackupTimer, parts: CloudHsm, leaving?: string): Promise<void> {
  const stored = await parts.backups.get(timer, timer.backupId);
  if (stored?.value.state !== 'CREATE_IN_PROGRESS') return;
  const cluster = await parts.clusters.get(timer, stored.value.clusterId);
  const hsms = cluster?.value.hsms ?? [];
  if (hsms.length === 0) return giveUp(stored, parts);
  const serving = hsms.filter(({ id }) => parts.host.state(id) === 'active');
  const source = serving.find(({ id }) => id === leaving) ?? serving[0];
  if (source === undefined)
    throw new HsmError(
      'state',
      `no HSM of cluster ${stored.value.clusterId} serves, so none can be backed up`,
    );
  const { backupId } = timer;
  const { sha256, ...made } = await parts.host.call('backup', { hsmId: source.id, backupId });
  const content = { ...made, sha256: Buffer.from(sha256).toString('hex') };
  await parts.events.commit(putBackup(stored, { state: 'READY', content }), {
    ...backupEvent(stored.value, 'CreateBackup'),
    additionalEventData: { backupId, hsmId: source.id, ...content },
  });
}

/** Every HSM went before it could be made. */
async function giveUp(stored: StoredBackup, parts: CloudHsm): Promise<void> {
  const deletion = parts.clock.now();
  await parts.events.commit(
    putBackup(stored, { state: 'DELETED', deletion }),
    backupEvent(stored.value, 'DeleteBackup'),
  );
}

/** When its seven days are over by `now`, a reading of the clock that was believed. */
export async function destroyBackup(timer: BackupTimer, now: number, parts: CloudHsm): Promise<void> {
  const stored = await parts.backups.get(timer, timer.backupId);
  if (stored?.value.state !== 'PENDING_DELETION' || (stored.value.deletion ?? now + 1) > now) return;
  await erase(stored, now, parts);
}

async function erase(stored: StoredBackup, now: number, { host, events }: CloudHsm): Promise<void> {
  await host.call('removeBackup', { backupId: stored.value.id });
  await events.commit(
    putBackup(stored, { state: 'DELETED', deletion: now }),
    backupEvent(stored.value, 'DeleteBackup'),
  );
}

/** One a day, and what is too old goes. Where no HSM serves there is nothing new to back up. */
export async function backUpDaily(timer: ClusterTimer, due: number, parts: CloudHsm): Promise<void> {
  const stored = await parts.clusters.get(timer, timer.clusterId);
  if (stored?.value.state !== 'ACTIVE' || stored.value.nextBackup !== due) return;
  const { value } = stored;
  const now = parts.clock.now();
  const next = Math.max(due, now) + DAY_MS;
  const serving = value.hsms.some(({ id }) => parts.host.state(id) === 'active');
  await parts.events.commit(
    joinChanges(
      putCluster(stored, { nextBackup: next }),
      parts.timers.dailyBackup(timer, next),
      parts.timers.expireBackups(timer, now),
      serving ? newBackupOf(value, now, parts) : {},
    ),
    eventOf(value, 'UpdateCluster'),
  );
}

/** Those older than the cluster's retention; its newest one stays whatever its age. */
export async function expireBackups(timer: ClusterTimer, now: number, parts: CloudHsm): Promise<void> {
  const cluster = await parts.clusters.get(timer, timer.clusterId);
  if (cluster === undefined) return;
  const oldest = now - cluster.value.retentionDays * DAY_MS;
  const ready = (await parts.backups.ofCluster(timer, timer.clusterId)).filter(
    ({ value }) => value.state === 'READY',
  );
  for (const stored of ready.slice(1))
    if (!stored.value.neverExpires && stored.value.created < oldest) await erase(stored, now, parts);
}

const backupEvent = (backup: BackupRecord, name: ClusterEventName): ClusterEvent => ({
  account: backup.account,
  region: backup.region,
  name,
  resources: [clusterArn(backup, backup.clusterId), backupArn(backup, backup.id)],
  additionalEventData: { backupId: backup.id },
});
