/** What a restored data folder tells its first start: docs/formats/backup.md, "Restored folder". */
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { canonicalJson } from '../../core/canonical-json.ts';
import { readIfThere, syncFolder, writeFileDurable } from '../../store/durable-file.ts';
import { restoreMarkPath } from '../data-files.ts';
import type { ReadBackup } from './check.ts';
import { BackupError } from './errors.ts';
import { parseManifest } from './manifest.ts';

export interface RestoreMark extends ReadBackup {
  /** Milliseconds since the epoch. */
  readonly restored: number;
  /** Whether the journal is a later one than the backup's. */
  readonly survivingJournal: boolean;
}

const FORMAT = 1;

export async function writeRestoreMark(data: string, mark: RestoreMark): Promise<void> {
  const { bytes, mac, restored, survivingJournal } = mark;
  const fields = { format: FORMAT, manifest: bytes.toString(), mac, restored, survivingJournal };
  await writeFileDurable(restoreMarkPath(data), `${canonicalJson(fields)}\n`, 0o600);
}

/** Undefined where nothing was restored, or that start is through. Rejects with BackupError `damaged`. */
export async function readRestoreMark(data: string): Promise<RestoreMark | undefined> {
  const path = restoreMarkPath(data);
  const text = await readIfThere(path).catch((error: NodeJS.ErrnoException) => {
    throw new BackupError('unavailable', `${path} cannot be read: ${error.code}`, error);
  });
  if (text === undefined) return undefined;
  const damaged = new BackupError(
    'damaged',
    `${path} is damaged: restore the backup again, into a new folder`,
  );
  try {
    const fields = JSON.parse(text) as Record<string, unknown>;
    const bytes = Buffer.from(String(fields.manifest));
    if (fields.format !== FORMAT || typeof fields.mac !== 'string') throw damaged;
    return {
      manifest: parseManifest(bytes, path),
      bytes,
      mac: fields.mac,
      restored: Number(fields.restored),
      survivingJournal: fields.survivingJournal === true,
    };
  } catch {
    throw damaged;
  }
}

export async function removeRestoreMark(data: string): Promise<void> {
  const path = restoreMarkPath(data);
  await rm(path);
  await syncFolder(dirname(path));
}
