/**
 * One server a data folder: a lock that is free as soon as its holder is gone, after `kill -9` too. Supervisor and
 * front hold one each, so that a front which outlives its supervisor for a moment still keeps the next one out.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataFolderError } from './data-folder.ts';
import { holdExclusively } from './sqlite/exclusive-file.ts';

/** `lock` is the supervisor's, `front-lock` the front's. */
export type LockName = 'lock' | 'front-lock';

const RETRY_MS = 20;

/**
 * Resolves with a function that releases the lock. When another holds it still after `waitMs` (0: at once),
 * rejects with DataFolderError `locked`, which names the folder and the holder's process id.
 */
export async function lockDataFolder(folder: string, name: LockName, waitMs = 0): Promise<() => void> {
  const path = join(folder, `${name}.db`);
  const holder = join(folder, `${name}.pid`);
  for (const deadline = performance.now() + waitMs; ; await sleep(RETRY_MS)) {
    const release = hold(path);
    if (release) {
      writeFileSync(holder, `${process.pid}\n`, { mode: 0o600 });
      let held = true;
      return () => {
        if (held) rmSync(holder, { force: true });
        held = false;
        release();
      };
    }
    if (performance.now() >= deadline) throw locked(folder, readHolder(holder));
  }
}

/** `errcode` 26 is SQLite's NOTADB: something else has overwritten the file, which holds nothing that is missed. */
function hold(path: string): (() => void) | undefined {
  try {
    return holdExclusively(path);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!('errcode' in error && error.errcode === 26))
      throw new Error(`${path} cannot be locked: ${error.message}`, { cause: error });
    const advice = 'when no server runs on this folder, remove it, and it is made anew';
    throw new DataFolderError('foreign', `${path} is no lock of Lockholm: ${advice}`, undefined, error);
  }
}

function locked(folder: string, holder: number | undefined): DataFolderError {
  const who =
    holder === undefined ? 'another Lockholm server' : `another Lockholm server, process ${holder},`;
  return new DataFolderError(
    'locked',
    `${who} uses the data folder ${folder}: stop it, or name another folder`,
    holder,
  );
}

function readHolder(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
