/**
 * An exclusive transaction on a SQLite file that holds nothing: a lock that ends with its process, however that
 * ends. POSIX drops a process's locks on a file when it closes any descriptor of it (fcntl(2)), so nothing but
 * SQLite MUST open the file in the process that holds it.
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const BUSY = 5;
/** Keeps what is held from being collected, which would close it. */
const held = new Set<DatabaseSync>();

/** Undefined when another process or another part of this one holds the file; else a function that lets go. */
export function holdExclusively(path: string): (() => void) | undefined {
  createIfAbsent(path);
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return undefined;
    throw error;
  }
  held.add(db);
  return () => {
    if (held.delete(db)) db.close();
  };
}

/** Never opens a file that exists: see above. */
function createIfAbsent(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
