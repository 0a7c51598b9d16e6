/** The file seal on disk: made once for a new data folder, opened for the engine that is to unseal. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { encodeSeal, parseSeal, ROOT_KEY_SIZE, SEAL_FILE_SIZE } from './format.ts';

/**
 * `exists`: it would be overwritten. `missing`, `torn`, `format`: no usable seal. `permissions`: others than
 * its owner may read or write it. `unavailable`: the system refused. Messages say what to do next.
 */
export type SealErrorCode = 'exists' | 'missing' | 'torn' | 'format' | 'permissions' | 'unavailable';

export class SealError extends Error {
  override readonly name = 'SealError';
  readonly code: SealErrorCode;
  constructor(code: SealErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;
const PRIVATE = 0o600;

/** For a new data folder only: a seal with a fresh root key, durable when this returns. */
export function createSealFile(path: string): void {
  if (existsSync(path)) throw new SealError('exists', `${path} exists already; a seal is never overwritten.`);
  checkSealFolder(dirname(path));
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeSeal(temporary);
    // Unlike a rename, a link never replaces a file that appeared meanwhile.
    linkSync(temporary, path);
    unlinkSync(temporary);
    syncFolder(dirname(path));
  } catch (error) {
    if (existsSync(temporary)) unlinkSync(temporary);
    throw unavailable(path, error);
  }
}

/**
 * A descriptor from which an engine may read the seal; the caller closes it. What was read to check the file is
 * erased. Throws SealError.
 */
export function openSealFile(path: string): number {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ENOENT' ? missing(path) : code === 'ELOOP' ? link(path, error) : unavailable(path, error);
  }
  try {
    checkPermissions(fd, path);
    checkSealFolder(dirname(path));
    readSeal(fd, path).fill(0);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error instanceof SealError ? error : unavailable(path, error);
  }
}

/** The root key, which the caller erases. Reads from the start, wherever the descriptor stands. */
export function readSeal(fd: number, name = 'the seal'): Buffer {
  // One byte more, to see that the file ends where it should.
  const text = Buffer.alloc(SEAL_FILE_SIZE + 1);
  const size = readSync(fd, text, 0, text.length, 0);
  const parsed = parseSeal(text.subarray(0, size));
  text.fill(0);
  if ('rootKey' in parsed) return parsed.rootKey;
  throw parsed.problem === 'torn'
    ? new SealError('torn', `${name} is damaged. Put back the copy of it that you keep apart from the data.`)
    : new SealError('format', `${name} is no seal file of this version of Lockholm. Check --seal.`);
}

function writeSeal(path: string): void {
  const fd = openSync(path, 'wx', PRIVATE);
  const rootKey = randomBytes(ROOT_KEY_SIZE);
  const text = encodeSeal(rootKey);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    rootKey.fill(0);
    text.fill(0);
    closeSync(fd);
  }
}

function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function checkPermissions(fd: number, path: string): void {
  const { mode } = fstatSync(fd);
  if ((mode & OTHERS) === 0) return;
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  throw new SealError(
    'permissions',
    `${path} has mode ${shown}: others may use the root key. Make it private (chmod 600 ${path}); if somebody ` +
      'may have read it, make a new data folder and re-encrypt.',
  );
}

/**
 * Whoever may write to a folder can put another file in the place of the seal, unless only owners rename there (the
 * sticky bit, as in /tmp). Throws SealError; a folder that does not exist is told by whoever opens the seal.
 */
export function checkSealFolder(folder: string): void {
  const mode = modeOf(folder);
  if ((mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0) return;
  throw new SealError(
    'permissions',
    `Others may write to ${folder}, and so replace or remove the seal there: chmod go-w ${folder}`,
  );
}

function modeOf(folder: string): number {
  try {
    return statSync(folder, { throwIfNoEntry: false })?.mode ?? 0;
  } catch (error) {
    throw unavailable(folder, error);
  }
}

const missing = (path: string): SealError =>
  new SealError(
    'missing',
    `There is no seal at ${path}, and without the one this data was made under nothing in it can be decrypted. ` +
      'Put the file back, or name it with --seal.',
  );

const link = (path: string, cause: unknown): SealError =>
  new SealError(
    'unavailable',
    `The seal ${path} is a symbolic link, which is not followed: name the file that it leads to with --seal.`,
    cause,
  );

const unavailable = (path: string, cause: unknown): SealError =>
  new SealError('unavailable', `The seal ${path} cannot be used: ${(cause as Error).message}.`, cause);
