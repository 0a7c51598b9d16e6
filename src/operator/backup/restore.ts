/**
 * Restores a backup into a new data folder, without a server: docs/backup.md. The folder appears under its name
 * only when it is whole; it then waits for the seal, which no backup has, and for a first start, which checks the
 * manifest's MAC and repeats what the journal tells of since (finish-restore.ts).
 */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { JournalError } from '../../audit/contract.ts';
import type { Clock } from '../../core/clock.ts';
import { openDataFolder } from '../../store/data-folder.ts';
import { syncFolder, writeFileDurable } from '../../store/durable-file.ts';
import { journalPath, nodePath, storePath } from '../data-files.ts';
import { checkBackup, checkFile, type ReadBackup } from './check.ts';
import { copyHashed } from './copy-file.ts';
import { BackupError } from './errors.ts';
import { checkJournal, journalUpTo, leafAt } from './journal-files.ts';
import { type Manifest, STORE_COPY } from './manifest.ts';
import { writeRestoreMark } from './restore-mark.ts';

export interface RestoreOptions {
  readonly backup: string;
  /** New or empty. */
  readonly data: string;
  /** A journal of the same server that goes on after the backup. */
  readonly journal?: string;
  readonly clock: Clock;
  readonly progress?: (done: number, total: number) => void;
}
export interface Restored {
  /** Absolute. */
  readonly data: string;
  readonly manifest: Manifest;
  /** Entries of the journal in the folder. */
  readonly entries: number;
}

/** Rejects with BackupError, having changed nothing. */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const data = resolve(options.data);
  await refuseUsed(data);
  const read = await checkBackup(options.backup, options.progress);
  const { manifest } = read;
  const surviving =
    options.journal === undefined ? undefined : await checkSurviving(options.journal, manifest);
  const partial = join(dirname(data), `.${basename(data)}.restoring-${manifest.id}`);
  await rm(partial, { recursive: true, force: true });
  try {
    await openDataFolder(partial).catch((error: unknown) => {
      throw new BackupError('target', `no folder can be made beside ${data}: ${String(error)}`, error);
    });
    await copyFiles(options, read, partial, surviving);
    const survivingJournal = surviving !== undefined;
    await writeRestoreMark(partial, { ...read, restored: options.clock.now(), survivingJournal });
    // Takes the place of an empty folder, and of nothing else (rename(2)).
    await rename(partial, data).catch((error: NodeJS.ErrnoException) => {
      throw new BackupError('target', `${data} cannot be put in place (${error.code}): it is in use`, error);
    });
    await syncFolder(dirname(data));
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  return { data, manifest, entries: surviving ?? manifest.journal.end };
}

async function refuseUsed(data: string): Promise<void> {
  const found = await stat(data).catch(() => undefined);
  const used = found !== undefined && (!found.isDirectory() || (await readdir(data)).length > 0);
  if (used)
    throw new BackupError(
      'target',
      `${data} is there and not empty: a backup is restored into a new folder. Nothing was changed`,
    );
}

async function copyFiles(
  { backup, journal }: RestoreOptions,
  { manifest }: ReadBackup,
  partial: string,
  surviving: number | undefined,
): Promise<void> {
  const folder = journalPath(partial);
  await mkdir(folder, { mode: 0o700 });
  await writeFileDurable(nodePath(partial), `${manifest.journal.node}\n`, 0o600);
  for (const file of manifest.files) {
    const isStore = file.path === STORE_COPY;
    if (!isStore && journal !== undefined) continue;
    const target = isStore ? storePath(partial) : join(partial, file.path);
    // The file may have been changed since it was checked.
    checkFile(backup, file, await copyHashed(join(backup, file.path), target));
  }
  if (journal !== undefined && surviving !== undefined) {
    for (const { name, size } of (await journalUpTo(journal, surviving)).files)
      await copyHashed(join(journal, name), join(folder, name), { size });
  }
  await syncFolder(folder);
}

/** Index after the journal's last entry. It must be of the backup's server, and hold the backup's last entry. */
async function checkSurviving(journal: string, manifest: Manifest): Promise<number> {
  try {
    const found = await checkJournal(journal, true);
    const { node, end, lastLeaf } = manifest.journal;
    if (found.end < end)
      throw new BackupError(
        'mismatch',
        `the journal ${journal} ends at entry ${found.end}, the backup's at ${end}: restore without --journal, and ` +
          'its own is used',
      );
    if (found.first >= end)
      throw new BackupError(
        'mismatch',
        `the journal ${journal} begins at entry ${found.first}, after the end of the backup's: what was deleted and ` +
          'disabled between is not known. Restore a later backup',
      );
    if (found.node !== node || (await leafAt(journal, end - 1)) !== lastLeaf)
      throw new BackupError('mismatch', `the journal ${journal} is not of the server that made this backup`);
    return found.end;
  } catch (error) {
    if (error instanceof JournalError) throw new BackupError('mismatch', error.message, error);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new BackupError('mismatch', `${journal} is no journal`, error);
    throw error;
  }
}
