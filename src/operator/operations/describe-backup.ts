import type { Operation } from '../../core/call.ts';
import { ServiceError } from '../../core/errors.ts';
import type { Rows, Stored } from '../../store/rows-contract.ts';
import { type BackupRecord, getBackup } from '../backup/record.ts';
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
  /** When it was deleted, and `removed` or `declared` (lockholm backup delete). */
  readonly Deleted?: string;
  readonly DeletedHow?: string;
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
    Deleted: text,
    DeletedHow: text,
    Holds: structure(holds),
  },
  ['Failure', 'Progress', 'Deleted', 'DeletedHow', 'Holds'],
);

export const backupId = { type: 'string', pattern: '[0-9A-Za-z-]{1,64}' } as const;

interface Input {
  readonly BackupId: string;
}

export const describeBackup = ({ backups, rows }: BackupOperationParts): Operation =>
  operatorOperation<Input, BackupDescription>({
    name: 'DescribeBackup',
    input: structure({ BackupId: backupId }),
    output: backupShape,
    readOnly: true,
    audit: ['BackupId'],
    async run({ BackupId }) {
      const stored = await requireBackup(rows, BackupId);
      return shownBackup(stored.value, backups.progress(BackupId));
    },
  });

/** Rejects with a ServiceError that names the command which lists all. */
export async function requireBackup(rows: Rows, id: string): Promise<Stored<BackupRecord>> {
  const stored = await getBackup(rows, id);
  if (stored !== undefined) return stored;
  throw new ServiceError('NotFoundException', `There is no backup ${id}. To see all: lockholm backup list`);
}

export function shownBackup(record: BackupRecord, progress: BackupProgress | undefined): BackupDescription {
  const { id, path, created, status, failure, deleted, holds: facts } = record;
  return {
    BackupId: id,
    Path: path,
    Created: isoTime(created),
    Status: status,
    ...(failure === undefined ? {} : { Failure: failure }),
    ...(progress === undefined
      ? {}
      : { Progress: { Stage: progress.stage, Done: progress.done, Total: progress.total } }),
    ...(deleted === undefined ? {} : { Deleted: isoTime(deleted.time), DeletedHow: deleted.how }),
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
