/**
 * Writes a backup of a running server into a new folder: docs/formats/backup.md. The journal is copied after the
 * store, so that it tells of everything that the store's copy holds. What is written is named as a backup only once
 * it is whole and durable.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Journal } from '../../audit/contract.ts';
import type { Clock } from '../../core/clock.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import type { Store } from '../../store/contract.ts';
import { syncFile, syncFolder } from '../../store/durable-file.ts';
import { inspectStore } from '../../store/sqlite/inspect.ts';
import { JOURNAL_FOLDER } from '../data-files.ts';
import type { Domain } from '../domain/domain.ts';
import { decodeState } from '../domain/state-row.ts';
import { copyHashed, hashFile } from './copy-file.ts';
import { BackupError } from './errors.ts';
import { journalUpTo } from './journal-files.ts';
import {
  type BackupFile,
  encodeManifest,
  MAC_FILE,
  MANIFEST_FILE,
  type Manifest,
  manifestRow,
  STORE_COPY,
} from './manifest.ts';

export interface BackupSource {
  readonly store: Store;
  readonly journal: Pick<Journal, 'size'>;
  /** The journal's. */
  readonly journalFolder: string;
  readonly engine: Engine;
  readonly domain: Pick<Domain, 'settled'>;
  readonly clock: Clock;
  readonly lockholm: string;
}

export interface BackupProgress {
  readonly stage: 'store' | 'journal' | 'check';
  readonly done: number;
  /** Pages of the store, or bytes. */
  readonly total: number;
}
export interface WriteOptions {
  readonly id: string;
  /** MUST NOT exist; the folder that it is to be in MUST. */
  readonly target: string;
  readonly progress: (progress: BackupProgress) => void;
  readonly signal: AbortSignal;
}

export const partialPath = (target: string, id: string): string => `${target}.${id}.partial`;

/** Rejects with BackupError, StoreError or JournalError; then nothing is left of it. */
export async function writeBackup(source: BackupSource, options: WriteOptions): Promise<Manifest> {
  const { id, target } = options;
  const partial = partialPath(target, id);
  await makeFolder(partial);
  try {
    await makeFolder(join(partial, JOURNAL_FOLDER));
    const manifest = await writeParts(source, options, partial);
    await syncFolder(join(partial, JOURNAL_FOLDER));
    await syncFolder(partial);
    if (existsSync(target)) throw new BackupError('target', `${target} came into being meanwhile`);
    await rename(partial, target);
    await syncFolder(dirname(target));
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** One at a time: where a file system takes no folders at all, as /proc, `mkdir` with its parents tries for ever. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    const advice = 'choose a place in which the user that runs Lockholm may make folders';
    throw new BackupError('target', `folder ${path} cannot be made (${error.code}): ${advice}`, error);
  });
}

async function writeParts(source: BackupSource, options: WriteOptions, folder: string): Promise<Manifest> {
  const { store, journal, domain, clock, lockholm, engine } = source;
  const { id, progress, signal } = options;
  const created = clock.now();
  const inStore = journal.size;
  const before = await domain.settled();
  const path = join(folder, STORE_COPY);
  await store.backup(path, (done, total) => progress({ stage: 'store', done, total }));
  signal.throwIfAborted();
  const after = await domain.settled();
  const end = journal.size;
  const copied = await copyJournal(source.journalFolder, join(folder, JOURNAL_FOLDER), end, options);
  const facts = inspectStore(path, false);
  if (facts.domain === undefined) throw new BackupError('unavailable', 'the store has no domain state');
  const storeFile = await hashWithProgress(path, options);
  const manifest: Manifest = {
    format: 1,
    id,
    created,
    lockholm,
    store: { schema: facts.schema, position: facts.position },
    journal: { node: copied.node, first: copied.first, end, inStore, lastLeaf: copied.lastLeaf },
    domain: {
      epoch: decodeState(facts.domain).epoch,
      keys: [...new Set([...before.keys, ...after.keys].map((key) => key.id))].sort((a, b) => a - b),
    },
    files: [{ path: STORE_COPY, ...storeFile }, ...copied.files],
  };
  await writeManifest(folder, manifest, engine);
  return manifest;
}

async function copyJournal(from: string, to: string, end: number, { progress, signal }: WriteOptions) {
  const cut = await journalUpTo(from, end);
  const total = cut.files.reduce((sum, { size }) => sum + size, 0);
  const files: BackupFile[] = [];
  let done = 0;
  for (const { name, size } of cut.files) {
    const tell = (bytes: number) => {
      done += bytes;
      progress({ stage: 'journal', done, total });
    };
    const copied = await copyHashed(join(from, name), join(to, name), { size, signal, progress: tell });
    if (copied.size !== size)
      throw new BackupError('unavailable', `${name} of the journal was shortened while it was copied`);
    files.push({ path: `${JOURNAL_FOLDER}/${name}`, ...copied });
  }
  return { ...cut, files };
}

async function hashWithProgress(path: string, { progress, signal }: WriteOptions) {
  const { size: total } = await stat(path);
  let done = 0;
  return hashFile(path, {
    signal,
    progress(bytes) {
      done += bytes;
      progress({ stage: 'check', done, total });
    },
  });
}

async function writeManifest(folder: string, manifest: Manifest, engine: Engine): Promise<void> {
  const bytes = encodeManifest(manifest);
  const { macs } = await engine.call('authenticateRows', { rows: [manifestRow(manifest.id, bytes)] });
  const [mac] = macs;
  if (mac === undefined) throw new BackupError('unavailable', 'the engine gave no MAC for the manifest');
  for (const [name, content] of [
    [MANIFEST_FILE, bytes],
    [MAC_FILE, `${Buffer.from(mac).toString('hex')}\n`],
  ] as const) {
    await writeFile(join(folder, name), content, { flag: 'wx', mode: 0o600 });
    await syncFile(join(folder, name));
  }
}
