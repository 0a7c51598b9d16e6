/**
 * Rows of table `backup`, by the backup's id: every backup that was begun, so that it can be said which ones still
 * hold a material that was destroyed since.
 */
import { randomUUID } from 'node:crypto';
import type { RowRef } from '../../store/contract.ts';
import type { Rows, Stored } from '../../store/rows-contract.ts';
import { scanAll } from '../../store/scan-all.ts';
import type { Manifest } from './manifest.ts';

export interface BackupRecord {
  readonly id: string;
  /** Absolute, on the server. */
  readonly path: string;
  /** Milliseconds since the epoch: material that was destroyed before is not in the backup. */
  readonly created: number;
  readonly status: 'Running' | 'Complete' | 'Failed' | 'Deleted';
  /** Once it was complete. */
  readonly holds?: BackupFacts;
  /** When it was recorded as complete, milliseconds since the epoch: what was made later is not in it. */
  readonly completed?: number;
  /** Only when deleted. */
  readonly deleted?: Deletion;
  /** Only when failed. */
  readonly failure?: string;
}
export interface Deletion {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** `removed`: Lockholm removed its files. `declared`: an operator says that it is gone, with every copy of it. */
  readonly how: 'removed' | 'declared';
  /** The journal entry that tells of it. */
  readonly eventId: string;
}
export interface BackupFacts {
  /** Of the store. */
  readonly position: string;
  /** Entries of the journal. */
  readonly journalSize: number;
  readonly epoch: number;
  readonly domainKeys: readonly number[];
  readonly bytes: number;
}

/** Sorts by time: `20261124T154512Z-1a2b3c4d`. */
export function newBackupId(now: number): string {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${randomUUID().slice(0, 8)}`;
}

export const backupRow = (id: string): RowRef => ({ table: 'backup', id });

export const factsOf = ({ store, journal, domain, files }: Manifest): BackupFacts => ({
  position: store.position,
  journalSize: journal.end,
  epoch: domain.epoch,
  domainKeys: domain.keys,
  bytes: files.reduce((sum, { size }) => sum + size, 0),
});

export const getBackup = (rows: Rows, id: string): Promise<Stored<BackupRecord> | undefined> =>
  rows.get<BackupRecord>('backup', id);

/** Oldest first. */
export const listBackups = (rows: Rows): Promise<readonly Stored<BackupRecord>[]> =>
  Array.fromAsync(scanAll<Stored<BackupRecord>>(rows, 'backup', ''));
