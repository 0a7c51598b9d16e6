/** Removes the files of a backup where they were written. */
import { lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError } from './errors.ts';
import { MANIFEST_FILE, parseManifest } from './manifest.ts';
import type { BackupRecord } from './record.ts';

/** Resolves when nothing is left of it. Rejects with BackupError `target` when another thing, or nothing, is there. */
export async function removeBackup({ id, path }: Pick<BackupRecord, 'id' | 'path'>): Promise<void> {
  if ((await idAt(path)) !== id)
    throw new BackupError(
      'target',
      `backup ${id} is not in ${path} any more. If it was moved, delete it there; once no copy of it is left, say so: ` +
        `lockholm backup delete ${id} --gone`,
    );
  await rm(path, { recursive: true });
}

/** Undefined for a link, too: what it leads to would stay. */
async function idAt(path: string): Promise<string | undefined> {
  try {
    if (!(await lstat(path)).isDirectory()) return undefined;
    return parseManifest(await readFile(join(path, MANIFEST_FILE)), path).id;
  } catch {
    return undefined;
  }
}
