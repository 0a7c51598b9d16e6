import type { Backup } from '../../core/shapes/cloudhsmv2.ts';
import type { BackupRecord } from '../backup.ts';
import { backupArn } from '../ids.ts';

/** A backup as the API shows it. */
export function describeBackup(backup: BackupRecord): Backup {
  return {
    BackupId: backup.id,
    BackupArn: backupArn(backup, backup.id),
    BackupState: backup.state,
    ClusterId: backup.clusterId,
    CreateTimestamp: backup.created,
    ...(backup.deletion !== undefined && { DeleteTimestamp: backup.deletion }),
    NeverExpires: backup.neverExpires,
    TagList: backup.tags,
    HsmType: backup.hsmType,
    Mode: backup.mode,
  };
}
