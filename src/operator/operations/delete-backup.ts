import type { Operation } from '../../core/call.ts';
import { validation } from '../../core/errors.ts';
import { BackupError } from '../backup/errors.ts';
import { type BackupRecord, backupRow } from '../backup/record.ts';
import { removeBackup } from '../backup/remove.ts';
import { flag, operatorOperation, structure } from '../operation.ts';
import type { BackupOperationParts } from './create-backup.ts';
import {
  type BackupDescription,
  backupId,
  backupShape,
  requireBackup,
  shownBackup,
} from './describe-backup.ts';

interface Input {
  readonly BackupId: string;
  /** Nothing is removed: the operator says that no copy of it is left. */
  readonly Gone?: boolean;
}

/** A backup stays on record when it is deleted, since it held what it held. */
export const deleteBackup = ({ rows }: BackupOperationParts): Operation =>
  operatorOperation<Input, BackupDescription>({
    name: 'DeleteBackup',
    input: structure({ BackupId: backupId, Gone: flag }, ['Gone']),
    output: backupShape,
    readOnly: false,
    audit: ['BackupId', 'Gone'],
    async run({ BackupId, Gone = false }, call) {
      const stored = await requireBackup(rows, BackupId);
      if (stored.value.status !== 'Complete')
        throw validation(
          `backup ${BackupId} is ${stored.value.status.toLowerCase()}: only a complete one is deleted`,
        );
      if (!Gone) await removed(stored.value);
      const how = Gone ? 'declared' : 'removed';
      const deleted = { time: call.time, how, eventId: call.eventId } as const;
      const value: BackupRecord = { ...stored.value, status: 'Deleted', deleted };
      call.record.responseElements = { backupId: BackupId, how };
      await call.commit({ put: [{ ...backupRow(BackupId), version: stored.version + 1, value }] });
      return shownBackup(value, undefined);
    },
  });

const removed = (record: BackupRecord): Promise<void> =>
  removeBackup(record).catch((error: unknown) => {
    throw error instanceof BackupError ? validation(error.message) : error;
  });
