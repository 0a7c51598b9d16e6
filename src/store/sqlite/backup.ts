/**
 * A consistent copy of the store while it is in use: a second connection holds one snapshot of it (SQLite WAL,
 * sqlite.org/wal.html section 2.2) and copies it step by step on Node's thread pool, so commits go on beside it. What
 * is not to be copied then leaves the copy, in a worker of its own.
 */
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { backup as copy, DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { StoreError } from '../contract.ts';
import { syncFile, syncFolder } from '../durable-file.ts';

/** Pages of 4 KiB a step; between steps others use the disk, and progress is reported. */
const STEP = 1024;

export async function backup(
  store: string,
  path: string,
  progress: (done: number, total: number) => void,
): Promise<void> {
  const partial = `${path}.partial`;
  for (const name of [path, partial])
    if (existsSync(name))
      throw new StoreError('unavailable', `backup: ${name} is there already; name another file`);
  try {
    await (await open(partial, 'wx', 0o600)).close();
  } catch (error) {
    throw new StoreError('unavailable', `backup: ${(error as Error).message}`, error);
  }
  try {
    await copySnapshot(store, partial, progress);
    await scrub(partial);
    await syncFile(partial);
    await rename(partial, path);
    await syncFolder(dirname(path));
  } finally {
    for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(partial + suffix, { force: true });
  }
}

async function copySnapshot(
  store: string,
  target: string,
  progress: (done: number, total: number) => void,
): Promise<void> {
  const source = new DatabaseSync(store, { readOnly: true });
  try {
    source.exec('BEGIN; SELECT count(*) FROM meta');
    await copy(source, target, {
      rate: STEP,
      progress: ({ totalPages, remainingPages }) => progress(totalPages - remainingPages, totalPages),
    });
  } finally {
    source.close();
  }
}

function scrub(path: string): Promise<void> {
  const source = new URL(`./scrub${extname(import.meta.filename)}`, import.meta.url);
  const worker = new Worker(source, { workerData: path, execArgv: [], env: {}, name: 'scrub' });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new StoreError('unavailable', `backup: what is not to be copied is still in ${path}`));
    });
  });
}
