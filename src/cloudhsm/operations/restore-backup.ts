import type { RestoreBackupRequest, RestoreBackupResponse } from '../../core/shapes/cloudhsmv2.ts';
import { replaceBackup } from '../backup.ts';
import { describeBackup } from '../cluster/describe-backup.ts';
import { invalidRequest } from '../errors.ts';
import { onBackup } from '../handler.ts';

/** CloudHSM API reference, "RestoreBackup": undoes DeleteBackup. Its timer finds nothing to do then. */
export const restoreBackup = onBackup<RestoreBackupRequest, RestoreBackupResponse>({
  action: 'cloudhsm:RestoreBackup',
  readOnly: false,
  audit: ['BackupId'],
  async run(_input, call, backup) {
    const { value } = backup;
    if (value.state !== 'PENDING_DELETION')
      throw invalidRequest(`The backup ${value.id} is in state ${value.state}, not PENDING_DELETION.`);
    const { deletion: _deletion, ...kept } = value;
    const restored = { ...kept, state: 'READY' } as const;
    await call.commit(replaceBackup(backup, restored));
    return { Backup: describeBackup(restored) };
  },
});
