/** The backup that the host reads part by part, or writes part by part to be restored. */
import { createHash, type KeyObject } from 'node:crypto';
import { MAX_BACKUP, makeBackup, parseBackup, type SealedBackup } from './backup.ts';
import type { HostReply, HostRequest } from './client/host-link.ts';
import { HsmError } from './protocol/errors.ts';
import type { Unlocked } from './unlocked.ts';
import type { Wrap } from './wraps.ts';

const MAX_PART = 512 * 1024;
const NOTHING = Buffer.alloc(0);

export class Backups {
  #made: Buffer = NOTHING;
  #parts: Buffer[] = [];
  #size = 0;

  /** Throws `full`. */
  make(hsm: Unlocked, wrapsOf: (key: KeyObject) => readonly Wrap[]): HostReply<'backup'> {
    const keys = hsm.vault.count('key');
    const made = makeBackup(hsm, wrapsOf);
    hsm.audit.write('BACKUP', { details: { keys } });
    this.#made = made;
    return { size: this.#made.length, sha256: createHash('sha256').update(this.#made).digest(), keys };
  }

  read({ offset, length }: HostRequest<'readBackup'>): HostReply<'readBackup'> {
    return { part: this.#made.subarray(offset, offset + Math.min(length, MAX_PART)) };
  }

  /** Throws `refused` for one that is too long, as where parts of a try that failed are before it: all are forgotten. */
  write(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size > MAX_BACKUP) {
      this.#forgetParts();
      throw new HsmError('refused', 'no backup is as long');
    }
    this.#parts.push(Buffer.from(part));
  }

  /** What was written, which is then forgotten. Throws `refused`. */
  take(clusterCertificate: string): SealedBackup {
    const blob = Buffer.concat(this.#parts);
    this.#forgetParts();
    const sealed = parseBackup(blob);
    if (sealed.header.clusterCertificate !== clusterCertificate)
      throw new HsmError('refused', 'the backup is of another family of clusters');
    return sealed;
  }

  #forgetParts(): void {
    this.#parts = [];
    this.#size = 0;
  }
}
