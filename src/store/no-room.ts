/** A disk without room, by whatever it shows: of the system, of SQLite, or of a part that met one of these. */
import { DataFolderError } from './data-folder.ts';

/** errno(3): no block or inode left, a quota used up. `full` is what store and journal make of it. */
const CODES = new Set<unknown>(['ENOSPC', 'EDQUOT', 'full']);
/** SQLITE_FULL (sqlite.org/rescode.html). */
const SQLITE_FULL = 13;

export function meansNoRoom(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, errcode } = cause as { readonly code?: unknown; readonly errcode?: unknown };
    if (CODES.has(code) || (typeof errcode === 'number' && (errcode & 0xff) === SQLITE_FULL)) return true;
  }
  return false;
}

/** What to say of a start that was refused for want of room under `folder`. */
export const noRoom = (folder: string, cause?: unknown): DataFolderError =>
  new DataFolderError(
    'full',
    `no room is left on the disk under ${folder}: make some, at least 8 MiB, or name a folder on another disk. ` +
      'Nothing that was there is lost',
    undefined,
    cause,
  );
