import type { Operation } from '../../core/call.ts';
import { ServiceError } from '../../core/errors.ts';
import type { BackupRecord } from '../backup/record.ts';
import { getBackup } from '../backup/record.ts';
import type { BackupProgress } from '../backup/write.ts';
import { count, isoTime, listOf, operatorOperation, structure, text } from '../operation.ts';
import type { BackupOperationParts } from './create-backup.ts';

export interface BackupDescription {
  readonly BackupId: string;
  readonly Path: string;
  readonly Created: string;
  readonly Status: BackupRecord['status'];
  /** When it has failed. */
  readonly Failure?: string;
  /** While it is written. */
  readonly Progress?: {
    readonly Stage: BackupProgress['stage'];
    readonly Done: number;
    readonly Total: number;
  };
  /** When it is complete. */
  readonly Holds?: {
    readonly StorePosition: string;
    readonly JournalEntries: number;
    readonly DomainEpoch: number;
    readonly DomainKeys: readonly number[];
    readonly Bytes: number;
  };
}

const holds = {
  StorePosition: text,
  JournalEntries: count,
  DomainEpoch: count,
  DomainKeys: listOf(count),
  Bytes: count,
};
export const backupShape = structure(
  {
    BackupId: text,
    Path: text,
    Created: text,
    Status: text,
    Failure: text,
    Progress: structure({ Stage: text, Done: count, Total: count }),
    Holds: structure(holds),
  },
  ['Failure', 'Progress', 'Holds'],
);

interface Input {
  readonly BackupId: string;
}

export const describeBackup = ({ backups, rows }: BackupOperationParts): Operation =>
  operatorOperation<Input, BackupDescription>({
    name: 'DescribeBackup',
    input: structure({ BackupId: { type: 'string', pattern: '[0-9A-Za-z-]{1,64}' } }),
    output: backupShape,
    readOnly: true,
    audit: ['BackupId'],
    async run({ BackupId }) {
      const stored = await getBackup(rows, BackupId);
      if (stored === undefined)
        throw new ServiceError(
          'NotFoundException',
          `There is no backup ${BackupId}. To see all: lockholm backup list`,
        );
      return shownBackup(stored.value, backups.progress(BackupId));
    },
  });

export function shownBackup(record: BackupRecord, progress: BackupProgress | undefined): BackupDescription {
  const { id, path, created, status, failure, holds: facts } = record;
  return {
    BackupId: id,
    Path: path,
    Created: isoTime(created),
    Status: status,
    ...(failure === undefined ? {} : { Failure: failure }),
    ...(progress === undefined
      ? {}
      : { Progress: { Stage: progress.stage, Done: progress.done, Total: progress.total } }),
    ...(facts === undefined
      ? {}
      : {
          Holds: {
            StorePosition: facts.position,
            JournalEntries: facts.journalSize,
            DomainEpoch: facts.epoch,
            DomainKeys: facts.domainKeys,
            Bytes: facts.bytes,
          },
        }),
  };
}
