/** The backups of a running server: one is written at a time, in the background, and every one is on record. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../core/json.ts';
import { type Log, whereFrom } from '../../engine/protocol/log.ts';
import type { Rows, RowsChange, Stored } from '../../store/rows-contract.ts';
import { commitWithEvent, type EventParts, ownEvent } from '../own-event.ts';
import { BackupError } from './errors.ts';
import { MANIFEST_FILE, type Manifest, parseManifest } from './manifest.ts';
import { type BackupRecord, backupRow, factsOf, getBackup, listBackups, newBackupId } from './record.ts';
import { backupTarget } from './target.ts';
import { type BackupProgress, type BackupSource, partialPath, writeBackup } from './write.ts';

export interface BackupsParts extends EventParts, BackupSource {
  readonly journal: EventParts['journal'];
  readonly rows: Rows;
  readonly log: Log;
  /** The data folder. */
  readonly data: string;
}

export class Backups {
  readonly #parts: BackupsParts;
  readonly #abort = new AbortController();
  #claimed = false;
  #running: { readonly id: string; progress: BackupProgress | undefined; ended: Promise<void> } | undefined;

  constructor(parts: BackupsParts) {
    this.#parts = parts;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Lets the caller alone plan and begin a backup, until the function that is answered is called; undefined while
   * another one has leave, or is being written.
   */
  claim(): (() => void) | undefined {
    if (this.#claimed || this.busy) return undefined;
    this.#claimed = true;
    return () => {
      this.#claimed = false;
    };
  }

  /** How far the backup is that is written now. */
  progress(id: string): BackupProgress | undefined {
    return this.#running?.id === id ? this.#running.progress : undefined;
  }

  /** The record of a backup to be written, and the rows' part of the commit after which `begin` may be called. */
  async plan(path: string): Promise<{ readonly record: BackupRecord; readonly change: RowsChange }> {
    const created = this.#parts.clock.now();
    const id = newBackupId(created);
    const target = await backupTarget(path, id, this.#parts.data);
    const record: BackupRecord = { id, path: target, created, status: 'Running' };
    return { record, change: { put: [{ ...backupRow(id), version: 1, value: record }] } };
  }

  /** Writes the backup of a committed record. */
  begin(record: BackupRecord): void {
    if (this.#running !== undefined) throw new Error('a backup is being written already');
    const running = { id: record.id, progress: undefined, ended: Promise.resolve() };
    this.#running = running;
    running.ended = this.#write(record).finally(() => {
      this.#running = undefined;
    });
  }

  /** Looks after what a kill interrupted: to be called at the start. */
  async recover(): Promise<void> {
    for (const stored of await listBackups(this.#parts.rows)) {
      if (stored.value.status === 'Running') await this.#recover(stored);
    }
  }

  /** Resolves when nothing is written any more; a backup that was under way is given up. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error('the server stopped'));
    await this.#running?.ended;
  }

  async #write(record: BackupRecord): Promise<void> {
    const { id, path } = record;
    const progress = (made: BackupProgress): void => {
      if (this.#running !== undefined) this.#running.progress = made;
    };
    const options = { id, target: path, progress, signal: this.#abort.signal };
    const outcome = await writeBackup(this.#parts, options).catch((error: unknown) => {
      this.#parts.log('backup-failed', { id, ...whereFrom(error) });
      return reasonOf(error);
    });
    const recorded =
      typeof outcome === 'string' ? this.#fail(record, outcome) : this.#complete(record, outcome);
    // Then the next start makes good for it.
    await recorded.catch((error: unknown) =>
      this.#parts.log('backup-not-recorded', { id, ...whereFrom(error) }),
    );
  }

  async #recover({ value }: Stored<BackupRecord>): Promise<void> {
    const manifest = await manifestAt(value.path);
    if (manifest?.id === value.id) return this.#complete(value, manifest);
    await rm(partialPath(value.path, value.id), { recursive: true, force: true });
    await this.#fail(value, 'the server was stopped while it was written');
  }

  #complete(record: BackupRecord, manifest: Manifest): Promise<void> {
    const holds = factsOf(manifest);
    const { created } = manifest;
    const completed = this.#parts.clock.now();
    const value: BackupRecord = { ...record, created, completed, status: 'Complete', holds };
    return this.#record(value, 'BackupCompleted', { ...holds });
  }

  #fail(record: BackupRecord, failure: string): Promise<void> {
    return this.#record({ ...record, status: 'Failed', failure }, 'BackupFailed', { failure });
  }

  async #record(value: BackupRecord, name: string, facts: JsonObject): Promise<void> {
    const { rows } = this.#parts;
    const version = ((await getBackup(rows, value.id))?.version ?? 0) + 1;
    const event = ownEvent(this.#parts, name, { backup: value.id, path: value.path, ...facts });
    await commitWithEvent(this.#parts, event, (committed) =>
      rows.commit({ put: [{ ...backupRow(value.id), version, value }], event: committed }),
    );
  }
}

/** Of a backup that was finished. */
async function manifestAt(path: string): Promise<Manifest | undefined> {
  try {
    return parseManifest(await readFile(join(path, MANIFEST_FILE)), path);
  } catch {
    return undefined;
  }
}

/** For the one who asked for the backup. */
function reasonOf(error: unknown): string {
  const known = error instanceof BackupError || (error as { code?: unknown } | undefined)?.code !== undefined;
  return known && error instanceof Error ? error.message : 'an internal error; the log has more';
}
