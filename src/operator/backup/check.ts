/**
 * Checks a backup without its server and without a seal: that it is whole and as its manifest says. That nobody
 * changed manifest and files together only an unsealed engine can tell, which holds the key of the manifest's MAC:
 * the first start after a restore does.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JournalError } from '../../audit/contract.ts';
import { StoreError } from '../../store/contract.ts';
import { inspectStore } from '../../store/sqlite/inspect.ts';
import { JOURNAL_FOLDER } from '../data-files.ts';
import { decodeState } from '../domain/state-row.ts';
import { type Copied, hashFile } from './copy-file.ts';
import { BackupError, damagedBackup } from './errors.ts';
import { checkJournal, leafAt } from './journal-files.ts';
import {
  type BackupFile,
  MAC_FILE,
  MANIFEST_FILE,
  type Manifest,
  parseManifest,
  STORE_COPY,
} from './manifest.ts';

export interface ReadBackup {
  readonly manifest: Manifest;
  /** As it is in the file. */
  readonly bytes: Buffer;
  /** Hex. */
  readonly mac: string;
}

/** Rejects with BackupError. */
export async function readBackup(backup: string): Promise<ReadBackup> {
  const read = (name: string): Promise<Buffer> =>
    readFile(join(backup, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')
        throw new BackupError('unavailable', `${join(backup, name)} cannot be read: ${error.code}`, error);
      throw new BackupError('damaged', `${backup} is no backup: it has no ${name}`, error);
    });
  const bytes = await read(MANIFEST_FILE);
  const mac = (await read(MAC_FILE)).toString().trim();
  if (!/^[0-9a-f]{66}$/.test(mac)) throw damagedBackup(backup, `${MAC_FILE} is no MAC`);
  return { manifest: parseManifest(bytes, backup), bytes, mac };
}

/** Rejects with BackupError at the first thing that is wrong. `progress` is told bytes read and all bytes. */
export async function checkBackup(
  backup: string,
  progress: (done: number, total: number) => void = () => {},
): Promise<ReadBackup> {
  const read = await readBackup(backup);
  const { files } = read.manifest;
  await checkNames(backup, files);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const file of files) {
    const found = await hashFile(join(backup, file.path), {
      progress(bytes) {
        done += bytes;
        progress(done, total);
      },
    });
    checkFile(backup, file, found);
  }
  await checkContents(backup, read.manifest);
  return read;
}

/** Throws BackupError `damaged` unless what was found is what the manifest says. */
export function checkFile(backup: string, { path, size, sha256 }: BackupFile, found: Copied): void {
  if (found.size !== size)
    throw damagedBackup(backup, `${path} has ${found.size} bytes, and had ${size} when it was made`);
  if (found.sha256 !== sha256) throw damagedBackup(backup, `${path} is not what it was when it was made`);
}

async function checkNames(backup: string, files: readonly BackupFile[]): Promise<void> {
  const expected = new Set([MANIFEST_FILE, MAC_FILE, JOURNAL_FOLDER, ...files.map(({ path }) => path)]);
  const inJournal = await readdir(join(backup, JOURNAL_FOLDER)).catch(() => []);
  const names = [...(await readdir(backup)), ...inJournal.map((name) => `${JOURNAL_FOLDER}/${name}`)];
  const foreign = names.find((name) => !expected.has(name));
  if (foreign !== undefined) throw damagedBackup(backup, `${foreign} is no part of it`);
  const missing = [...expected].find((name) => !names.includes(name));
  if (missing !== undefined) throw damagedBackup(backup, `${missing} is missing`);
}

/** Whole files can still be those of a server that was damaged when the backup was made. */
async function checkContents(backup: string, { store, journal, domain }: Manifest): Promise<void> {
  const mismatch = (what: string) =>
    damagedBackup(backup, `its ${what} is not the one that its manifest tells of`);
  try {
    const found = inspectStore(join(backup, STORE_COPY), true);
    const state = found.domain && decodeState(found.domain);
    if (found.position !== store.position || found.schema !== store.schema || state?.epoch !== domain.epoch)
      throw mismatch('store');
    const folder = join(backup, JOURNAL_FOLDER);
    const { node, first, end } = await checkJournal(folder, false);
    if (node !== journal.node || first !== journal.first || end !== journal.end) throw mismatch('journal');
    if ((await leafAt(folder, end - 1)) !== journal.lastLeaf) throw mismatch('journal');
  } catch (error) {
    if (error instanceof StoreError && error.code === 'newer-schema')
      throw new BackupError('newer', error.message, error);
    if (error instanceof StoreError || error instanceof JournalError)
      throw damagedBackup(backup, error.message);
    throw error;
  }
}
