/**
 * Whole small files. Opening, reading and writing one takes the system less time than handing each step to another
 * thread takes here; waiting for the disk does not, and is left to others.
 */
import { closeSync, constants, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

/** Bytes: more than an object of one chunk has. */
export const SMALL_FILE = 128 * 1024;

const sync = promisify(fdatasync);
/** What somebody put in the place of a file must not make the process wait. */
export const READ_ONLY = constants.O_RDONLY | constants.O_NONBLOCK;

/** `path` MUST NOT exist. Resolves when the contents are durable, under their name once the folder is synced too. */
export async function writeSmallFile(path: string, bytes: Buffer, mode: number): Promise<void> {
  const file = openSync(path, 'wx', mode);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    await sync(file);
  } finally {
    closeSync(file);
  }
}

/** Up to `most` bytes from the start; none of what is no regular file. */
export function readSmallFile(path: string, most: number): Buffer {
  const bytes = Buffer.allocUnsafe(most);
  const file = openSync(path, READ_ONLY);
  try {
    if (!fstatSync(file).isFile()) return bytes.subarray(0, 0);
    let size = 0;
    while (size < most) {
      const read = readSync(file, bytes, size, most - size, size);
      if (read === 0) break;
      size += read;
    }
    return bytes.subarray(0, size);
  } finally {
    closeSync(file);
  }
}
