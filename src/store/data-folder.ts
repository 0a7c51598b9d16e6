/**
 * The data folder: whose it is, who can read it, and in which format it is. Its file VERSION marks it as
 * Lockholm's (docs/formats/store.md).
 */
import { constants, existsSync, type Stats } from 'node:fs';
import { access, chmod, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readIfThere, syncFolder, writeFileDurable } from './durable-file.ts';
import { openToOthers } from './private-files.ts';

/**
 * `locked`: another server holds the folder. `permissions`: it or what is in it belongs to or is open to others, or
 * cannot be written. `foreign`: it holds files, and no mark of Lockholm. `newer-format`: a newer Lockholm wrote it.
 * `path`: its path is too long. `full`: there is no room on its disk.
 */
export type DataFolderErrorCode = 'locked' | 'permissions' | 'foreign' | 'newer-format' | 'path' | 'full';

export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
  readonly code: DataFolderErrorCode;
  /** With `locked`: the process id of the holder, where it is known. */
  readonly holder: number | undefined;
  constructor(code: DataFolderErrorCode, message: string, holder?: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.holder = holder;
  }
}

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  /** It was empty or absent, and is marked now. */
  readonly created: boolean;
}

const MARK = 'VERSION';
const FORMAT = 1;
/**
 * Of the folder's real path. SQLite opens no file whose path has more than 512 bytes (MAX_PATHNAME in its os_unix.c),
 * and its longest one here is `front-lock.db-journal`.
 */
const MAX_PATH = 512 - '/front-lock.db-journal'.length;
/** What an empty folder may hold: an interrupted mark, and what a file system has at its root. */
const emptiness = /^(?:VERSION\.\d+\.new|lost\+found)$/;

/** Whether a start has marked the folder as Lockholm's. */
export const isMarked = (folder: string): boolean => existsSync(join(folder, MARK));

/** Opens the folder, or creates it with mode 0700. Rejects with DataFolderError; then nothing was changed. */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const path = resolve(folder);
  checkLength(path);
  await createIfAbsent(path);
  await checkAccess(path, await stat(path));
  checkLength(await realpath(path));
  const mark = await readMark(path);
  if (mark === undefined) {
    await refuseForeign(path);
    await writeFileDurable(join(path, MARK), `lockholm data format ${FORMAT}\n`, 0o600);
    return { path, created: true };
  }
  checkFormat(path, mark);
  await checkFiles(path);
  return { path, created: false };
}

function checkLength(path: string): void {
  const length = Buffer.byteLength(path);
  if (length <= MAX_PATH) return;
  throw new DataFolderError(
    'path',
    `data folder ${path} has a path of ${length} bytes, and SQLite opens no files under more than ${MAX_PATH}: name a ` +
      'folder with a shorter path',
  );
}

async function createIfAbsent(path: string): Promise<void> {
  try {
    if (!(await makeFolders(path))) return;
    await chmod(path, 0o700);
    await syncFolder(dirname(path));
  } catch (error) {
    throw new DataFolderError(
      'permissions',
      `data folder ${path} cannot be made (${(error as NodeJS.ErrnoException).code}): make it, owned by the user ` +
        'that runs Lockholm, or name another folder',
      undefined,
      error,
    );
  }
}

/** False when it was there. Unlike Node's recursive `mkdir`, ends where a file system takes no folders, as /proc. */
async function makeFolders(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return false;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    // What is there already is no reason for ENOENT.
    if (!(await makeFolders(dirname(path)))) throw error;
    await mkdir(path, { mode: 0o700 });
  }
  return true;
}

async function checkAccess(path: string, folder: Stats): Promise<void> {
  const refuse = (why: string) => new DataFolderError('permissions', `data folder ${path} ${why}`);
  const uid = process.getuid?.();
  if (uid !== undefined && folder.uid !== uid)
    throw refuse(`belongs to user ${folder.uid}, and Lockholm runs as user ${uid}: run it as the owner`);
  if ((folder.mode & 0o077) !== 0) throw refuse(`is open to other users: run chmod 700 ${path}`);
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    throw refuse(`cannot be written: run chmod 700 ${path}, or look whether the disk is mounted read-only`);
  }
}

async function checkFiles(path: string): Promise<void> {
  const [first, ...more] = await openToOthers(path);
  if (first === undefined) return;
  const others = more.length === 0 ? '' : ` and ${more.length} more in ${path}`;
  throw new DataFolderError(
    'permissions',
    `${join(path, first)}${others} can be opened by other users: run chmod -R go-rwx ${path}`,
  );
}

const readMark = (path: string): Promise<string | undefined> =>
  readIfThere(join(path, MARK)).catch((error: unknown) => {
    throw new DataFolderError('permissions', `${join(path, MARK)} cannot be read`, undefined, error);
  });

async function refuseForeign(path: string): Promise<void> {
  const names = (await readdir(path)).filter((name) => !emptiness.test(name));
  if (names.length === 0) return;
  throw new DataFolderError(
    'foreign',
    `${path} holds files (${names.slice(0, 3).join(', ')}) but no ${MARK} of Lockholm: name an empty folder or ` +
      'one of Lockholm',
  );
}

function checkFormat(path: string, mark: string): void {
  const format = /^lockholm data format ([1-9][0-9]{0,8})\n$/.exec(mark)?.[1];
  if (format === undefined)
    throw new DataFolderError(
      'foreign',
      `${join(path, MARK)} is not a mark of Lockholm: name another folder`,
    );
  if (Number(format) <= FORMAT) return;
  throw new DataFolderError(
    'newer-format',
    `data folder ${path} has format ${format}, this Lockholm knows formats up to ${FORMAT}: run the Lockholm that ` +
      'wrote it or a later one. Nothing was changed',
  );
}
