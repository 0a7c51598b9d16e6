import type { Operation } from '../../core/call.ts';
import { listBackups as allBackups } from '../backup/record.ts';
import { listOf, operatorOperation, structure } from '../operation.ts';
import type { BackupOperationParts } from './create-backup.ts';
import { type BackupDescription, backupShape, shownBackup } from './describe-backup.ts';

interface Output {
  readonly Backups: readonly BackupDescription[];
}

/** Every backup that was begun, oldest first; whether it still is where it was written, the server does not know. */
export const listBackups = ({ backups, rows }: BackupOperationParts): Operation =>
  operatorOperation<object, Output>({
    name: 'ListBackups',
    input: structure({}),
    output: structure({ Backups: listOf(backupShape) }),
    readOnly: true,
    audit: [],
    async run() {
      const all = await allBackups(rows);
      return { Backups: all.map(({ id, value }) => shownBackup(value, backups.progress(id))) };
    },
  });
