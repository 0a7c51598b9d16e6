/**
 * The files of objects: `objects/<first two digits>/<generation>` in the data folder. A file is nothing until a row names
 * it, and its name is never used again.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../store/durable-file.ts';
import { GENERATION_SIZE } from '../envelope/binding.ts';

const SHARDS = 256;
const FOLDER_MODE = 0o700;
/** Names in one folder before the next one's turn: more than are written at a time, as a rule. */
const TURN = 64;
const NAME = /^[0-9a-f]{32}$/;

const shardName = (shard: number): string => shard.toString(16).padStart(2, '0');

export class ObjectFiles {
  readonly #folder: string;
  readonly #failed: (error: unknown) => void;
  readonly #shards = new Map<string, Shard>();
  readonly #removals = new Set<Promise<void>>();
  #named = randomInt(SHARDS * TURN);

  private constructor(folder: string, failed: (error: unknown) => void) {
    this.#folder = folder;
    this.#failed = failed;
  }

  /** `failed` is told when a file could not be removed. */
  static async open(folder: string, failed: (error: unknown) => void): Promise<ObjectFiles> {
    const shards = Array.from({ length: SHARDS }, (_, shard) => join(folder, shardName(shard)));
    for (const path of shards) await mkdir(path, { recursive: true, mode: FOLDER_MODE });
    await syncFolder(folder);
    await syncFolder(join(folder, '..'));
    return new ObjectFiles(folder, failed);
  }

  /**
   * A new generation, which is also the name of a file: nobody can guess it. Files that are written at the same time are
   * in the same folder, so that one sync of it makes all their names durable.
   */
  newName(): string {
    this.#named = (this.#named + 1) % (SHARDS * TURN);
    const name = randomBytes(GENERATION_SIZE);
    name[0] = Math.floor(this.#named / TURN);
    return name.toString('hex');
  }

  /** `name`: the generation, 32 hexadecimal digits. */
  path(name: string): string {
    if (!NAME.test(name)) throw new TypeError('an object file is named by its generation');
    return join(this.#folder, name.slice(0, 2), name);
  }

  /** Makes the names of files that were written durable. */
  sync(name: string): Promise<void> {
    const shard = name.slice(0, 2);
    let found = this.#shards.get(shard);
    if (found === undefined) {
      found = new Shard(join(this.#folder, shard));
      this.#shards.set(shard, found);
    }
    return found.sync();
  }

  /** Of files that no row names: what is left of one after a crash, the next start removes. */
  remove(names: readonly string[]): void {
    const gone = Promise.all(names.map((name) => removeFile(this.path(name))));
    const work = gone.then(() => undefined, this.#failed);
    this.#removals.add(work);
    void work.finally(() => this.#removals.delete(work));
  }

  /** The names of all files. */
  async list(): Promise<Set<string>> {
    const names = new Set<string>();
    for (let shard = 0; shard < SHARDS; shard++) {
      for (const name of await readdir(join(this.#folder, shardName(shard))))
        if (NAME.test(name)) names.add(name);
    }
    return names;
  }

  async close(): Promise<void> {
    await Promise.all(this.#removals);
    for (const shard of this.#shards.values()) await shard.close();
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Those who ask while one sync runs share the next. */
class Shard {
  readonly #path: string;
  #handle: FileHandle | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  sync(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#start();
    const after = this.#running.catch(() => undefined);
    this.#next = after.then(() => {
      this.#next = undefined;
      return this.#start();
    });
    return this.#next;
  }

  async close(): Promise<void> {
    await (this.#next ?? this.#running)?.catch(() => undefined);
    await this.#handle?.close();
  }

  #start(): Promise<void> {
    const work = this.#sync().finally(() => {
      if (this.#running === work) this.#running = undefined;
    });
    this.#running = work;
    return work;
  }

  async #sync(): Promise<void> {
    this.#handle ??= await open(this.#path, 'r');
    await this.#handle.sync();
  }
}
