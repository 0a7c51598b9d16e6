import type { RestoreBackupRequest, RestoreBackupResponse } from '../../core/shapes/cloudhsmv2.ts';
import { backupRow } from '../backup.ts';
import { describeBackup } from '../cluster/describe-backup.ts';
import { invalidRequest } from '../errors.ts';
import { onBackup } from '../handler.ts';

/** CloudHSM API reference, "RestoreBackup": undoes DeleteBackup. Its timer finds nothing to do then. */
export const restoreBackup = onBackup<RestoreBackupRequest, RestoreBackupResponse>({
  action: 'cloudhsm:RestoreBackup',
  readOnly: false,
  audit: ['BackupId'],
  async run(_input, call, { value, version }) {
    if (value.state !== 'PENDING_DELETION')
      throw invalidRequest(`The backup ${value.id} is in state ${value.state}, not PENDING_DELETION.`);
    const { deletion: _deletion, ...kept } = value;
    const restored = { ...kept, state: 'READY' } as const;
    await call.commit({
      put: [{ ...backupRow(value, value.id), version: version + 1, value: restored }],
    });
    return { Backup: describeBackup(restored) };
  },
});
