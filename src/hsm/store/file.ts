/** Reads and writes at a place of an inherited descriptor. The host opened it O_DSYNC: what returned is durable. */
import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { HsmError } from '../protocol/errors.ts';

const CHUNK = 1024 * 1024;
const noRoom = ['ENOSPC', 'EDQUOT', 'EFBIG'];

export function readAt(fd: number, offset: number, size: number): Buffer {
  const out = Buffer.alloc(size);
  let at = 0;
  while (at < size) {
    const read = readSync(fd, out, at, size - at, offset + at);
    if (read === 0) break;
    at += read;
  }
  return out.subarray(0, at);
}

/** From `offset` to the end of the file. */
export function readRest(fd: number, offset: number): Buffer {
  const parts: Buffer[] = [];
  let at = offset;
  for (;;) {
    const part = readAt(fd, at, CHUNK);
    parts.push(part);
    at += part.length;
    if (part.length < CHUNK) return Buffer.concat(parts);
  }
}

/** Throws `full`; what was written by then is the caller's to write again at the same place. */
export function writeAt(fd: number, offset: number, data: Uint8Array): void {
  let at = 0;
  try {
    while (at < data.length) at += writeSync(fd, data, at, data.length - at, offset + at);
  } catch (error) {
    if (!noRoom.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw new HsmError('full', 'there is no room left where the HSM stores its files');
  }
}

export function zeroAt(fd: number, offset: number, size: number): void {
  const zeros = Buffer.alloc(Math.min(size, CHUNK));
  for (let at = 0; at < size; at += zeros.length) {
    writeAt(fd, offset + at, zeros.subarray(0, Math.min(zeros.length, size - at)));
  }
}

/** All before `end` that is not zero yet. */
export function zeroBefore(fd: number, end: number): void {
  for (let at = 0; at < end; at += CHUNK) {
    const part = readAt(fd, at, Math.min(CHUNK, end - at));
    if (part.some((byte) => byte !== 0)) zeroAt(fd, at, part.length);
  }
}

/** Overwritten, then cut to nothing. */
export function eraseFile(fd: number): void {
  zeroAt(fd, 0, readRest(fd, 0).length);
  ftruncateSync(fd, 0);
}
