import type {
  ModifyBackupAttributesRequest,
  ModifyBackupAttributesResponse,
} from '../../core/shapes/cloudhsmv2.ts';
import { putBackup } from '../backup.ts';
import { describeBackup } from '../cluster/describe-backup.ts';
import { invalidRequest } from '../errors.ts';
import { onBackup } from '../handler.ts';

/** CloudHSM API reference, "ModifyBackupAttributes". */
export const modifyBackupAttributes = onBackup<ModifyBackupAttributesRequest, ModifyBackupAttributesResponse>(
  {
    action: 'cloudhsm:ModifyBackupAttributes',
    readOnly: false,
    audit: ['BackupId', 'NeverExpires'],
    async run({ NeverExpires }, call, backup) {
      if (backup.value.state !== 'READY')
        throw invalidRequest(`The backup ${backup.value.id} is in state ${backup.value.state}.`);
      const change = { neverExpires: NeverExpires };
      await call.commit(putBackup(backup, change));
      return { Backup: describeBackup({ ...backup.value, ...change }) };
    },
  },
);
