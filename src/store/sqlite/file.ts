/** The store's file before SQLite sees it: whose it is, who can read it, and whether it is whole. */
import { accessSync, closeSync, constants, fsyncSync, openSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../contract.ts';

const stat = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });

function checkOwned(path: string, file: Stats): void {
  const uid = process.getuid?.();
  if (uid !== undefined && file.uid !== uid)
    throw new StoreError(
      'unavailable',
      `${path} belongs to user ${file.uid}, this server runs as user ${uid}`,
    );
  if ((file.mode & 0o077) !== 0)
    throw new StoreError('unavailable', `${path} is open to other users: run chmod 600 ${path}`);
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw new StoreError('unavailable', `${path} cannot be read and written: run chmod 600 ${path}`, error);
  }
}

function create(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    const folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch (error) {
    throw new StoreError('unavailable', `store ${path} cannot be made: ${(error as Error).message}`, error);
  }
}

/**
 * Makes the file where there is none. A log of commits without its database is never taken for a new store:
 * SQLite would delete it.
 */
export function prepareFile(path: string): void {
  const file = stat(path);
  const log = stat(`${path}-wal`);
  if ((file?.size ?? 0) === 0 && (log?.size ?? 0) > 0)
    throw new StoreError(
      'corrupt',
      `${path}-wal is there without the ${path} that it belongs to; nothing was overwritten. Put ${path} back, ` +
        'or keep a copy of the folder and restore the last backup',
    );
  if (file) checkOwned(path, file);
  else create(path);
  if (log) checkOwned(`${path}-wal`, log);
}
