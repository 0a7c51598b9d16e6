/**
 * How far each HSM had come when it last said so, in a folder of its own: an HSM whose files were put back is behind its
 * mark. Each mark is durable before the HSM hears that it is.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Mark } from '../../hsm/client/host-link.ts';
import { hsmMarksPath } from '../../operator/data-files.ts';
import { syncFolder, writeFileDurable } from '../../store/durable-file.ts';

export interface StoredMark extends Mark {
  /** `changes` of the last backup that was made from this HSM. */
  readonly saved: number;
}

const NONE: StoredMark = { records: 0, tag: Buffer.alloc(16), changes: 0, saved: 0 };

export class Marks {
  readonly #folder: string;
  readonly #known = new Map<string, StoredMark>();
  readonly #turns = new Map<string, Promise<void>>();

  constructor(data: string) {
    this.#folder = hsmMarksPath(data);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Throws when there is one that cannot be read. */
  get(hsmId: string): StoredMark {
    const known = this.#known.get(hsmId) ?? this.#read(hsmId);
    this.#known.set(hsmId, known);
    return known;
  }

  /** Resolves when it is durable. */
  set(hsmId: string, change: Partial<StoredMark>): Promise<void> {
    const mark = { ...this.get(hsmId), ...change };
    this.#known.set(hsmId, mark);
    return this.#inTurn(hsmId, () => writeFileDurable(this.#path(hsmId), encode(mark), 0o600));
  }

  remove(hsmId: string): Promise<void> {
    this.#known.delete(hsmId);
    return this.#inTurn(hsmId, async () => {
      rmSync(this.#path(hsmId), { force: true });
      await syncFolder(this.#folder);
    });
  }

  /** Writes of one mark follow each other. */
  #inTurn(hsmId: string, write: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(hsmId) ?? Promise.resolve()).then(write);
    this.#turns.set(
      hsmId,
      turn.catch(() => undefined),
    );
    return turn;
  }

  #path(hsmId: string): string {
    return join(this.#folder, hsmId);
  }

  #read(hsmId: string): StoredMark {
    let text: string;
    try {
      text = readFileSync(this.#path(hsmId), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NONE;
      throw error;
    }
    const mark = FORM.exec(text);
    if (mark === null) throw new Error(`${this.#path(hsmId)} is no mark of an HSM`);
    const [records = 0, changes = 0, saved = 0] = [mark[1], mark[3], mark[4]].map(Number);
    return { records, tag: Buffer.from(mark[2] ?? '', 'hex'), changes, saved };
  }
}

/** docs/formats/hsm-host.md */
const FORM = /^lockholm-hsm-mark-v1 (\d+) ([0-9a-f]{32}) (\d+) (\d+)\n$/;
const encode = ({ records, tag, changes, saved }: StoredMark): string =>
  `lockholm-hsm-mark-v1 ${records} ${Buffer.from(tag).toString('hex')} ${changes} ${saved}\n`;
