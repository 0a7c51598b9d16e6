import { DAY_MS } from '../../core/clock.ts';
import type { DeleteBackupRequest, DeleteBackupResponse } from '../../core/shapes/cloudhsmv2.ts';
import { joinChanges } from '../../kms/change.ts';
import { putBackup } from '../backup.ts';
import { describeBackup } from '../cluster/describe-backup.ts';
import { invalidRequest } from '../errors.ts';
import { onBackup } from '../handler.ts';

/** "Deleting and restoring backups", CloudHSM user guide. */
const PENDING_DAYS = 7;

/** CloudHSM API reference, "DeleteBackup": it can be restored until it is destroyed seven days later. */
export const deleteBackup = onBackup<DeleteBackupRequest, DeleteBackupResponse>({
  action: 'cloudhsm:DeleteBackup',
  readOnly: false,
  audit: ['BackupId'],
  async run(_input, call, backup, { timers }) {
    const { account, region, id, state } = backup.value;
    if (state !== 'READY') throw invalidRequest(`The backup ${id} is in state ${state}.`);
    const deletion = call.time + PENDING_DAYS * DAY_MS;
    const change = { state: 'PENDING_DELETION', deletion } as const;
    await call.commit(
      joinChanges(
        putBackup(backup, change),
        timers.destroyBackup({ account, region, backupId: id }, deletion),
      ),
    );
    return { Backup: describeBackup({ ...backup.value, ...change }) };
  },
});
