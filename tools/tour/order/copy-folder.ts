/** A data folder as a snapshot of its disk would have it: while its server runs, and at one moment. */
import { cpSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { journalPath, storePath } from '../../../src/operator/data-files.ts';

const TRIES = 50;
const PAUSE_MS = 100;

/** Again, where store or journal were written to in the meantime: parts of two moments make no folder. */
export async function copyFolder(data: string, to: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const before = written(data);
    cpSync(data, to, { recursive: true, filter: (source) => !lstatSync(source).isSocket() });
    if (written(data) === before) return;
    rmSync(to, { recursive: true });
    await wait(PAUSE_MS);
  }
  throw new Error(`${data} was written to whenever it was copied`);
}

function written(data: string): string {
  const journal = readdirSync(journalPath(data)).map((name) => join(journalPath(data), name));
  const files = [storePath(data), `${storePath(data)}-wal`, ...journal];
  return JSON.stringify(
    files.map((path) => {
      const file = lstatSync(path, { throwIfNoEntry: false, bigint: true });
      return [path, String(file?.size), String(file?.mtimeNs)];
    }),
  );
}
