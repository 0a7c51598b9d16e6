/** Backups of HSMs as files: ciphertext as the HSM made it (docs/formats/hsm-store.md, "Backup"). */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostLink } from '../../hsm/client/host-link.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import { modes } from '../../hsm/protocol/values.ts';
import { hsmBackupsPath } from '../../operator/data-files.ts';
import { syncFolder, writeFileDurable } from '../../store/durable-file.ts';

const PART = 256 * 1024;

export interface MadeBackup {
  readonly size: number;
  readonly sha256: Buffer;
  readonly keys: number;
  /** The host's secret opens it. */
  readonly hostOpens: boolean;
}

export class BackupFiles {
  readonly #folder: string;

  constructor(data: string) {
    this.#folder = hsmBackupsPath(data);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Durable when it resolves. */
  async make(link: HostLink, backupId: string): Promise<MadeBackup> {
    const before = await opensByItself(link);
    const { size, sha256, keys } = await link.call('backup', {});
    // Between the two its mode may have changed.
    const hostOpens = (await opensByItself(link)) || before;
    const expected = Buffer.from(sha256);
    const parts: Buffer[] = [];
    for (let offset = 0; offset < size; ) {
      const { part } = await link.call('readBackup', { offset, length: Math.min(PART, size - offset) });
      if (part.length === 0) break;
      parts.push(Buffer.from(part));
      offset += part.length;
    }
    const blob = Buffer.concat(parts);
    if (!createHash('sha256').update(blob).digest().equals(expected))
      throw new HsmError('internal', 'the backup did not arrive as the HSM made it');
    await writeFileDurable(this.#path(backupId), blob, 0o600);
    return { size, sha256: expected, keys, hostOpens };
  }

  /** Into an HSM that is `restoring`. */
  async restore(link: HostLink, backupId: string, clusterCertificate: string): Promise<void> {
    const blob = await this.#read(backupId);
    for (let offset = 0; offset < blob.length; offset += PART)
      await link.call('writeBackup', { part: blob.subarray(offset, offset + PART) });
    await link.call('restore', { clusterCertificate });
  }

  async remove(backupId: string): Promise<void> {
    rmSync(this.#path(backupId), { force: true });
    await syncFolder(this.#folder);
  }

  async #read(backupId: string): Promise<Buffer> {
    try {
      return await readFile(this.#path(backupId));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new HsmError('not-found', `the file of backup ${backupId} cannot be read (${code})`);
    }
  }

  #path(backupId: string): string {
    return join(this.#folder, backupId);
  }
}

/** Whether an HSM wraps its keys to the host's secret now. */
async function opensByItself(link: HostLink): Promise<boolean> {
  const { activated, mode } = await link.call('describe', {});
  return !activated || modes[mode] !== 'attended';
}
