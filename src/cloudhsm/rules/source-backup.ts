import type { Place } from '../../core/ids.ts';
import type { BackupRecord } from '../backup.ts';
import { noBackup } from '../backups.ts';
import type { CloudHsm } from '../cloudhsm.ts';
import { invalidRequest } from '../errors.ts';
import { backupArn } from '../ids.ts';

/** The backup that SourceBackupId names, by id or ARN. Those of other accounts and Regions are as if not there. */
export async function sourceBackup(
  idOrArn: string,
  place: Place,
  { backups }: CloudHsm,
): Promise<BackupRecord> {
  const id = idOrArn.slice(idOrArn.lastIndexOf('/') + 1);
  if (idOrArn !== id && idOrArn !== backupArn(place, id)) throw noBackup(idOrArn);
  const { value } = await backups.require(place, id);
  if (value.state !== 'READY')
    throw invalidRequest(`The backup ${id} is in state ${value.state}; only one that is READY can be used.`);
  return value;
}
