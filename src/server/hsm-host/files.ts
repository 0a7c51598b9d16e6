/** The files of HSMs (docs/formats/hsm-store.md), opened here because an HSM's sandbox can neither open nor sync any. */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { hsmsPath } from '../../operator/data-files.ts';

const names = ['log', 'slot-a', 'slot-b', 'audit'] as const;
/** In the order of hsm/protocol/ipc.ts, `descriptors`. */
export type HsmFiles = readonly [log: number, slotA: number, slotB: number, audit: number];

const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC | constants.O_NOFOLLOW;
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
const CHUNK = 1024 * 1024;

const folderOf = (data: string, hsmId: string): string => join(hsmsPath(data), hsmId);

/** Makes what is missing, durable by name when this returns. The caller closes the descriptors. */
export function openHsmFiles(data: string, hsmId: string): HsmFiles {
  const folder = folderOf(data, hsmId);
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  const opened: number[] = [];
  try {
    for (const name of names) opened.push(openSync(join(folder, name), FLAGS, PRIVATE_FILE));
    for (const each of [folder, dirname(folder), data]) syncFolder(each);
  } catch (error) {
    closeAll(opened);
    throw error;
  }
  return opened as unknown as HsmFiles;
}

/** Whether anything was ever stored. */
export const holdsStore = (data: string, hsmId: string): boolean =>
  (['slot-a', 'slot-b'] as const).some((name) => existsSync(join(folderOf(data, hsmId), name)));

export function closeAll(files: readonly number[]): void {
  for (const fd of files) closeSync(fd);
}

/** Overwrites the files, then removes them: to be used when the HSM's process is gone. */
export function eraseHsmFiles(data: string, hsmId: string): void {
  const folder = folderOf(data, hsmId);
  const files = openHsmFiles(data, hsmId);
  try {
    for (const fd of files) overwrite(fd);
  } finally {
    closeAll(files);
  }
  rmSync(folder, { recursive: true });
  syncFolder(dirname(folder));
}

function overwrite(fd: number): void {
  const { size } = fstatSync(fd);
  const zeros = Buffer.alloc(Math.min(size, CHUNK));
  for (let at = 0; at < size; ) at += writeSync(fd, zeros, 0, Math.min(zeros.length, size - at), at);
}

function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
