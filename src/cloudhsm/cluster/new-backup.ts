/** Backups that Lockholm makes of itself: on activation, when HSMs are added or removed, and daily. */
import { DAY_MS } from '../../core/clock.ts';
import { joinChanges } from '../../kms/change.ts';
import type { RowsChange } from '../../store/rows-contract.ts';
import { type BackupRecord, backupRow, newBackup } from '../backup.ts';
import type { CloudHsm } from '../cloudhsm.ts';
import type { ClusterRecord } from '../cluster.ts';
import { newId } from '../ids.ts';

type Parts = Pick<CloudHsm, 'timers'>;

/** The row of a backup that begins now, and the job that makes it. */
export function newBackupOf(cluster: ClusterRecord, now: number, { timers }: Parts): RowsChange {
  const { backup, change } = beginBackup(cluster, now);
  const { account, region, id } = backup;
  return joinChanges(change, timers.takeBackup({ account, region, backupId: id }, now));
}

/** Only the row: another job makes the backup. */
export function beginBackup(
  cluster: ClusterRecord,
  now: number,
): { readonly backup: BackupRecord; readonly change: RowsChange } {
  const backup = newBackup(cluster, newId('backup'), now);
  return { backup, change: { put: [{ ...backupRow(backup, backup.id), version: 1, value: backup }] } };
}

/** The cluster's `nextBackup` MUST be set to `due` with it. */
export function firstDaily(
  { account, region, id }: ClusterRecord,
  now: number,
  { timers }: Parts,
): { readonly due: number; readonly change: RowsChange } {
  const due = now + DAY_MS;
  return { due, change: timers.dailyBackup({ account, region, clusterId: id }, due) };
}
