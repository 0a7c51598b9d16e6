/**
 * Writes to the last segment. On Linux the files are opened with O_DSYNC: a write returns when it is durable,
 * which is measurably quicker than a write and an fdatasync, each with its own way through the thread pool.
 */
import type { Hash } from 'node:crypto';
import { close, constants, fdatasync, fstat, ftruncate, open, write } from 'node:fs';
import { promisify } from 'node:util';
import { syncFolder } from '../store/durable-file.ts';
import {
  chainStart,
  encodeSegmentHeader,
  HEADER_SIZE,
  type SegmentHeader,
  segmentPath,
} from './segment-file.ts';
import { isMarkDue, type SegmentInfo } from './segment-index.ts';
import type { Mark, Sizes } from './segment-reader.ts';
import type { ScannedSegment } from './segment-scan.ts';

const openFile = promisify(open);
const closeFile = promisify(close);
const truncateFile = promisify(ftruncate);
const statFile = promisify(fstat);
const sync = promisify(fdatasync);

const SYNCS_ON_WRITE = process.platform === 'linux';
const APPEND = constants.O_RDWR | (SYNCS_ON_WRITE ? constants.O_DSYNC : 0);

export interface Chunk {
  readonly log: Buffer;
  readonly bodies: Buffer;
  readonly leaves: Buffer;
  readonly count: number;
}

interface State {
  count: number;
  log: number;
  bodies: number;
  readonly chain: Hash;
  readonly marks: Mark[];
}

/** Descriptors are plain numbers from fs.open, so no handle can be collected under them. */
export class SegmentWriter {
  readonly folder: string;
  readonly header: SegmentHeader;
  readonly #state: State;
  #files: { readonly log: number; readonly bodies: number } | undefined;

  private constructor(folder: string, header: SegmentHeader, state: State) {
    this.folder = folder;
    this.header = header;
    this.#state = state;
  }

  /** A new segment. What a failed attempt may have left under its name holds no record and is replaced. */
  static async create(folder: string, header: SegmentHeader): Promise<SegmentWriter> {
    const sizes = { log: HEADER_SIZE, bodies: HEADER_SIZE };
    const state = { count: 0, ...sizes, chain: chainStart(header), marks: [] };
    const writer = new SegmentWriter(folder, header, state);
    const flags = APPEND | constants.O_CREAT | constants.O_TRUNC;
    const files = await writer.#open(flags);
    try {
      await allDone([
        writeFully(files.log, encodeSegmentHeader('log', header), 0),
        writeFully(files.bodies, encodeSegmentHeader('bodies', header), 0),
      ]);
      await syncFolder(folder);
      return writer;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  static async resume(folder: string, scanned: ScannedSegment): Promise<SegmentWriter> {
    const { header, count, end, chain, marks } = scanned;
    const writer = new SegmentWriter(folder, header, { count, ...end, chain, marks: [...marks] });
    await writer.#open(APPEND);
    return writer;
  }

  get first(): number {
    return this.header.first;
  }
  get count(): number {
    return this.#state.count;
  }
  /** Of what is durable. */
  get sizes(): Sizes {
    return this.#state;
  }
  get marks(): readonly Mark[] {
    return this.#state.marks;
  }

  /** Resolves when the chunk is durable in both files. */
  async append(chunk: Chunk): Promise<void> {
    const files = this.#files ?? (await this.#open(APPEND));
    const state = this.#state;
    await allDone([
      writeFully(files.log, chunk.log, state.log),
      writeFully(files.bodies, chunk.bodies, state.bodies),
    ]);
    const index = this.first + state.count;
    if (isMarkDue(state.marks, index)) state.marks.push({ index, log: state.log, bodies: state.bodies });
    state.count += chunk.count;
    state.log += chunk.log.length;
    state.bodies += chunk.bodies.length;
    state.chain.update(chunk.leaves);
  }

  /**
   * After a write that failed: opens the files anew and cuts them back to what is durable, durably. Nothing that
   * the failed write put into the page cache is believed.
   */
  async rollBack(): Promise<void> {
    await this.close();
    const files = await this.#open(APPEND);
    for (const kind of ['log', 'bodies'] as const) {
      const { size } = await statFile(files[kind]);
      if (size < this.#state[kind])
        throw new Error(`${segmentPath(this.folder, this.first, kind)} lost records`);
      await truncateFile(files[kind], this.#state[kind]);
      await sync(files[kind]);
    }
  }

  info(lastTime: number): SegmentInfo {
    const { count, log, bodies, chain, marks } = this.#state;
    return { first: this.first, count, log, bodies, chain: chain.copy().digest('hex'), lastTime, marks };
  }

  async close(): Promise<void> {
    const files = this.#files;
    this.#files = undefined;
    if (files !== undefined) await Promise.all([closeFile(files.log), closeFile(files.bodies)]);
  }

  async #open(flags: number) {
    const log = await openFile(segmentPath(this.folder, this.first, 'log'), flags, 0o600);
    try {
      const bodies = await openFile(segmentPath(this.folder, this.first, 'bodies'), flags, 0o600);
      this.#files = { log, bodies };
      return this.#files;
    } catch (error) {
      await closeFile(log);
      throw error;
    }
  }
}

/** Waits for all even when one fails: a write that still runs must not meet a truncation. */
async function allDone(writes: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(writes)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

/** Writes on after short writes, and resolves when the bytes are durable. */
function writeFully(fd: number, bytes: Buffer, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (done: number): void => {
      write(fd, bytes, done, bytes.length - done, position + done, (error, count) => {
        if (error || count === 0) reject(error ?? new Error('nothing was written'));
        else if (done + count < bytes.length) step(done + count);
        else if (SYNCS_ON_WRITE) resolve();
        else fdatasync(fd, (failed) => (failed ? reject(failed) : resolve()));
      });
    };
    step(0);
  });
}
