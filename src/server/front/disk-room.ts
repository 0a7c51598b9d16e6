/**
 * Whether the disks under database and journal have room. A full disk shows in the journal's refusals only where both
 * are on it; and the first byte that fits again is no room to work in: what was full is well again only when a reserve
 * of some size fits.
 */
import { randomUUID } from 'node:crypto';
import { open, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface Place {
  readonly folder: string;
  /** `database`, `journal`: what a full disk is under. */
  readonly name: string;
  /** What is written there was refused for want of space, and nothing was taken since. */
  readonly refused?: () => boolean;
}

export interface Disk {
  /** Bytes; infinite where the system does not tell. */
  free(folder: string): Promise<number>;
  /** Whether so many bytes can really be written: a quota is in no count of free blocks. */
  fits(folder: string, bytes: number): Promise<boolean>;
}

const MIB = 1024 * 1024;
/** SQLite grows its log by whole pages, the journal by batches: below this the next write may fail. */
const LOW = MIB;
const RESERVE = 8 * MIB;
const EVERY_MS = 500;
/** 2^32 over the golden ratio (Knuth, TAOCP volume 3, section 6.4): odd, so that multiples do not repeat. */
const SPREAD = 0x9e3779b1;

export class DiskRoom {
  readonly #places: readonly Place[];
  readonly #disk: Disk;
  readonly #full = new Set<Place>();
  #timer: NodeJS.Timeout | undefined;
  #checking = false;

  constructor(places: readonly Place[], disk: Disk = realDisk) {
    this.#places = places;
    this.#disk = disk;
  }

  /** For whoever asks for the server's health: a refusal that was shown once counts until a reserve fits. */
  unready(): string | undefined {
    for (const place of this.#places) if (place.refused?.()) this.#full.add(place);
    const [place] = this.#full;
    return place && `the disk under the ${place.name} is full`;
  }

  start(): void {
    this.#timer = setInterval(() => void this.check(), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async check(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    for (const place of this.#places) {
      if (await this.#isFull(place)) this.#full.add(place);
      else this.#full.delete(place);
    }
    this.#checking = false;
  }

  async #isFull(place: Place): Promise<boolean> {
    const free = await this.#disk.free(place.folder);
    if (free < LOW || place.refused?.()) return true;
    if (!this.#full.has(place)) return false;
    return free < RESERVE || !(await this.#disk.fits(place.folder, RESERVE));
  }
}

const realDisk: Disk = {
  async free(folder) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  },
  async fits(folder, bytes) {
    try {
      await writeAndDrop(join(folder, `room.${randomUUID()}.new`), bytes);
      return true;
    } catch {
      return false;
    }
  },
};

/** Its name is gone before it has content, so that nothing stays behind after a kill. */
async function writeAndDrop(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await unlink(path);
    // Zeros take no space where a file system compresses or leaves holes; words that do not repeat do.
    const chunk = Uint32Array.from({ length: MIB / 4 }, (_, i) => Math.imul(i, SPREAD));
    for (let written = 0; written < bytes; written += MIB) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}
