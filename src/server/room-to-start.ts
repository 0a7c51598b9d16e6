/** A start on a full disk: it says what to do, and leaves nothing of a data folder that it was to make. */
import { existsSync, readdirSync, rmdirSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SealError } from '../engine/seal/file.ts';
import { isMarked } from '../store/data-folder.ts';
import { meansNoRoom, noRoom } from '../store/no-room.ts';

/** Several times what a new folder takes. */
const ROOM = 8 * 1024 * 1024;
/** What a start puts into a new folder before it asks for more: a mark, a lock, a seal's first draft. */
const BEGUN = /^(?:VERSION(?:\.\d+\.new)?|lock\.(?:db|db-journal|pid)|seal\.\d+\.new)$/;

interface Places {
  readonly data: string;
  readonly seal: string;
}

/** The first steps of a start. Rejects with DataFolderError `full` when they lack room. */
export async function withRoom<T>({ data, seal }: Places, steps: () => Promise<T>): Promise<T> {
  const isNew = !isMarked(data);
  const base = existing(data);
  if (isNew && spaceUnder(base).bytes < ROOM) throw noRoom(data);
  try {
    return await steps();
  } catch (error) {
    // SQLite tells a file that cannot be made from one that cannot be opened as little as why.
    if (!meansNoRoom(error) && spaceUnder(base).files > 0) throw error;
    if (isNew) takeAway(data, base);
    throw noRoom(error instanceof SealError ? dirname(seal) : data, error);
  }
}

/** The folder, or the nearest above it that is there. */
const existing = (folder: string): string =>
  existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));

/** How much and how many more fit. Infinite where the system does not tell, or makes files as it needs them. */
function spaceUnder(folder: string): { readonly bytes: number; readonly files: number } {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(folder);
    return { bytes: bavail * bsize, files: files === 0 ? Number.POSITIVE_INFINITY : ffree };
  } catch {
    return { bytes: Number.POSITIVE_INFINITY, files: Number.POSITIVE_INFINITY };
  }
}

/** Only what is this start's: a folder with anything else in it stays. */
function takeAway(data: string, base: string): void {
  const names = existsSync(data) ? readdirSync(data) : [];
  if (!names.every((name) => BEGUN.test(name))) return;
  for (const name of names) rmSync(join(data, name), { force: true });
  for (
    let folder = existing(data);
    folder !== base && readdirSync(folder).length === 0;
    folder = dirname(folder)
  )
    rmdirSync(folder);
}
