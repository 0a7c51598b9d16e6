import type { Operation } from '../../core/call.ts';
import { ServiceError, validation } from '../../core/errors.ts';
import type { Rows } from '../../store/rows-contract.ts';
import type { Backups } from '../backup/backups.ts';
import { BackupError } from '../backup/errors.ts';
import { operatorOperation, structure, text } from '../operation.ts';

export interface BackupOperationParts {
  readonly backups: Backups;
  readonly rows: Rows;
}

interface Input {
  /** Absolute, on the server: a folder to be made, or one in which to make a folder. */
  readonly Path: string;
}
interface Output {
  readonly BackupId: string;
  readonly Path: string;
}

const path = { type: 'string', min: 1, max: 4096 } as const;

/** Begins a backup, which is written in the background: DescribeBackup tells how far it is. */
export const createBackup = ({ backups }: BackupOperationParts): Operation =>
  operatorOperation<Input, Output>({
    name: 'CreateBackup',
    input: structure({ Path: path }),
    output: structure({ BackupId: text, Path: text }),
    readOnly: false,
    audit: ['Path'],
    async run({ Path }, call) {
      const release = backups.claim();
      if (release === undefined)
        throw new ServiceError(
          'BackupInProgressException',
          'A backup is being written. To see how far it is: lockholm backup list',
        );
      try {
        const { record, change } = await backups.plan(Path).catch((error: unknown) => {
          throw error instanceof BackupError ? validation(error.message) : error;
        });
        call.record.responseElements = { backupId: record.id, path: record.path };
        await call.commit(change);
        backups.begin(record);
        return { BackupId: record.id, Path: record.path };
      } finally {
        release();
      }
    },
  });
