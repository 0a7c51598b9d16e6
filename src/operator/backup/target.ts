/** Where a backup may be written. */
import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { BackupError } from './errors.ts';

/**
 * The folder to be made for a backup: `path` itself, or one named by the backup's id in it where it is a folder
 * already. Rejects with BackupError `target`.
 */
export async function backupTarget(path: string, id: string, data: string): Promise<string> {
  if (!isAbsolute(path)) throw refuse(`${path} is no absolute path`);
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isDirectory())
    throw refuse(`${path} is there already: a backup is a new folder, or goes into one that is there`);
  const target = found === undefined ? path : join(path, `lockholm-backup-${id}`);
  const parent = await realpath(dirname(target)).catch((error: NodeJS.ErrnoException) => {
    throw refuse(`${dirname(target)} cannot be used (${error.code}): make that folder first`);
  });
  const within = relative(await realpath(data), parent);
  if (within === '' || (!within.startsWith('..') && !isAbsolute(within)))
    throw refuse(`${target} is in the data folder: choose a place outside, best on another disk`);
  return target;
}

const refuse = (message: string): BackupError => new BackupError('target', message);
