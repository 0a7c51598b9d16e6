/**
 * The append-only journal of one node, in files: docs/formats/journal.md. Appends that come while a write is
 * under way are written together by the next one (group commit); each write is durable before it is acknowledged.
 */
import { mkdir } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, DAY_MS, systemClock } from '../core/clock.ts';
import { Batch } from './batch.ts';
import { type EncodedEvent, type Journal, type JournalEntry, JournalError } from './contract.ts';
import { entryTime, eventId } from './entry.ts';
import { removeSegments } from './kept.ts';
import { type Recovered, recover } from './recovery.ts';
import { markBefore, type SegmentInfo, writeSegmentIndex } from './segment-index.ts';
import { SegmentReader, type Sizes } from './segment-reader.ts';
import { SegmentWriter } from './segment-writer.ts';

export interface JournalOptions {
  /** Names this front for ever; 1 to 64 bytes, letters, digits and `._:/@-`. */
  readonly node: string;
  /** Both files of a segment together; default 256 MiB. */
  readonly segmentBytes?: number;
  /** Whole segments whose last event is older are removed; default: none. */
  readonly retentionDays?: number;
  readonly clock?: Clock;
  /** Hears of old segments that could not be removed; it is tried again. */
  readonly report?: (error: Error) => void;
}

const SEGMENT_BYTES = 256 * 1024 * 1024;
const HOUR_MS = 3_600_000;
/** No space, a quota, a limit on the size of a file: goes away when somebody makes room. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * Opens the journal in `folder`, or begins one. Rejects with JournalError `corrupt`, and then has changed nothing.
 * The caller holds the data folder's lock: two writers would destroy a journal.
 */
export async function openJournal(folder: string, options: JournalOptions): Promise<FileJournal> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const recovered = await recover(folder, options.node);
    const { last, kept } = recovered;
    const writer = last
      ? await SegmentWriter.resume(folder, last)
      : await SegmentWriter.create(folder, continuing(recovered.closed.at(-1), kept.chain, options.node));
    return new FileJournal(folder, options, recovered, writer);
  } catch (error) {
    throw error instanceof JournalError ? error : failure(error);
  }
}

const continuing = (before: SegmentInfo | undefined, chain: string, node: string) => ({
  first: before ? before.first + before.count : 0,
  previous: Buffer.from(before?.chain ?? chain, 'hex'),
  node,
});

function failure(cause: unknown): JournalError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  return FULL.has(code)
    ? new JournalError('full', `The journal cannot be written: no space (${code}). Make room.`, cause)
    : new JournalError('unavailable', `The journal cannot be written: ${String(cause)}`, cause);
}

export class FileJournal implements Journal {
  readonly #folder: string;
  readonly #options: JournalOptions;
  readonly #closed: SegmentInfo[];
  #writer: SegmentWriter;
  /** Takes appends while the other one is written. */
  #filling = new Batch();
  #spare = new Batch();
  #work: Promise<void> | undefined;
  #lastAppend: Promise<void> = Promise.resolve();
  #failure: JournalError | undefined;
  #closing = false;
  #keepFrom = Number.POSITIVE_INFINITY;
  readonly #listeners = new Set<(entry: JournalEntry) => void>();
  #lastEvent: EncodedEvent | undefined;
  readonly #lastTimeFound: number;
  readonly #expiry: NodeJS.Timeout;
  /** Bytes of a torn end that were cut off at opening. */
  readonly torn: Sizes;

  constructor(folder: string, options: JournalOptions, recovered: Recovered, writer: SegmentWriter) {
    this.#folder = folder;
    this.#options = options;
    this.#closed = [...recovered.closed];
    this.#writer = writer;
    this.#lastTimeFound = recovered.last?.lastTime || (recovered.closed.at(-1)?.lastTime ?? 0);
    this.torn = recovered.last?.torn ?? { log: 0, bodies: 0 };
    this.#expiry = setInterval(() => void this.#expire(), HOUR_MS).unref();
  }

  /** Rejects with RangeError for an event that the format cannot hold, else with JournalError. */
  append(event: EncodedEvent): Promise<void> {
    if (this.#closing) return Promise.reject(new JournalError('closed', 'the journal is closed'));
    if (this.#failure !== undefined && this.#failure.code !== 'full') return Promise.reject(this.#failure);
    try {
      this.#lastAppend = this.#filling.add(event);
      this.#work ??= this.#run();
      return this.#lastAppend;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Resolves when what was appended until now is durable or refused. */
  async settled(): Promise<void> {
    await this.#lastAppend.catch(() => undefined);
  }

  /** Why the last write failed, until one succeeds: `full` heals itself, `unavailable` needs a new opening. */
  get failure(): JournalError | undefined {
    return this.#failure;
  }
  get size(): number {
    return this.#writer.first + this.#writer.count;
  }
  /** Index of the oldest entry that is kept. */
  get first(): number {
    return this.#closed[0]?.first ?? this.#writer.first;
  }
  /** Index of the first entry of the segment that is written, which retention leaves. */
  get lastSegment(): number {
    return this.#writer.first;
  }
  get lastTime(): number {
    return this.#lastEvent === undefined ? this.#lastTimeFound : entryTime(this.#lastEvent);
  }

  subscribe(listener: (entry: JournalEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Retention leaves the entries from this one on, however old they are. Until it is called: none. */
  keepFrom(index: number): void {
    this.#keepFrom = index;
  }

  /** Rejects with JournalError `corrupt` at a record that is damaged. Begins at `first` when `index` is older. */
  async *read(index: number): AsyncGenerator<JournalEntry> {
    let next = index;
    while (next < this.size) {
      next = Math.max(next, this.first);
      const before = next;
      for await (const entry of this.#readSegment(next)) {
        yield entry;
        next = entry.index + 1;
      }
      if (next === before) throw new JournalError('corrupt', `entry ${next} of the journal cannot be found`);
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#expiry);
    await this.#work;
    await this.#writer.close();
  }

  async *#readSegment(index: number): AsyncGenerator<JournalEntry> {
    const writer = this.#writer;
    const info = this.#closed.findLast(({ first }) => first <= index);
    const isLast = index >= writer.first || info === undefined;
    const { first, marks } = isLast ? writer : info;
    const sizes = (): Sizes => (isLast ? writer.sizes : info);
    const reader = await SegmentReader.open(this.#folder, first, markBefore(marks, index), sizes);
    try {
      for await (const record of reader.records()) {
        if (record.index < index) continue;
        const [envelope, body] = [Buffer.from(record.envelope), Buffer.from(record.body)];
        yield { id: eventId(envelope), envelope, body, index: record.index };
      }
      if (reader.stop?.why === 'damage') throw reader.damage();
    } finally {
      await reader.close();
    }
  }

  /** One write at a time, until nothing waits. The turn before the first lets those of one turn come together. */
  async #run(): Promise<void> {
    await turn();
    while (this.#filling.events.length > 0) {
      const batch = this.#filling;
      this.#filling = this.#spare;
      try {
        await this.#write(batch);
      } catch (error) {
        this.#fail(failure(error), batch);
        continue;
      }
      this.#acknowledge(batch);
      batch.clear();
      this.#spare = batch;
    }
    this.#work = undefined;
  }

  async #write(batch: Batch): Promise<void> {
    if (this.#failure !== undefined) {
      await this.#writer.rollBack();
      this.#failure = undefined;
    }
    const { log, bodies } = this.#writer.sizes;
    if (log + bodies >= (this.#options.segmentBytes ?? SEGMENT_BYTES)) await this.#rotate();
    await this.#writer.append(batch.chunk);
  }

  async #rotate(): Promise<void> {
    const old = this.#writer;
    const info = old.info(this.lastTime);
    await writeSegmentIndex(this.#folder, info);
    this.#writer = await SegmentWriter.create(this.#folder, continuing(info, info.chain, this.#options.node));
    this.#closed.push(info);
    await old.close();
    await this.#expire();
  }

  #acknowledge(batch: Batch): void {
    const { events } = batch;
    let index = this.size - events.length;
    this.#lastEvent = events.at(-1);
    for (const event of events) {
      if (this.#listeners.size > 0) this.#tell({ ...event, index });
      index += 1;
    }
    batch.resolve();
  }

  /** What a listener throws is its own failure: it ends the process as uncaught, not the write. */
  #tell(entry: JournalEntry): void {
    for (const listener of this.#listeners) {
      try {
        listener(entry);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Closed until a write succeeds: whoever waits is refused, in order. */
  #fail(error: JournalError, batch: Batch): void {
    this.#failure = error;
    // Nobody holds the promise of an empty batch: its rejection would count as unhandled.
    for (const refused of [batch, this.#filling]) if (refused.events.length > 0) refused.reject(error);
    this.#filling = new Batch();
    this.#spare = new Batch();
  }

  /** A clock that runs ahead must not remove anything: the journal's own last entry bounds it. */
  async #expire(): Promise<void> {
    const { retentionDays, clock = systemClock, report = process.emitWarning } = this.#options;
    if (retentionDays === undefined) return;
    const limit = Math.min(clock.now(), this.lastTime + DAY_MS) - retentionDays * DAY_MS;
    const kept = this.#closed.findIndex(
      ({ first, count, lastTime }) => lastTime >= limit || first + count > this.#keepFrom,
    );
    const old = this.#closed.splice(0, kept === -1 ? this.#closed.length : kept);
    try {
      await removeSegments(this.#folder, old);
    } catch (error) {
      this.#closed.unshift(...old);
      report(new Error(`old journal segments were not removed: ${String(error)}`));
    }
  }
}
