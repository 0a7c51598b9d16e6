/**
 * Reads a journal from its files alone, beside a running server or without one. Every hash is checked; nothing is
 * written. What is at the end may not be durable yet: a server that is killed may never have acknowledged it.
 */
import { readdir, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type JournalEntry, JournalError } from './contract.ts';
import { eventId } from './entry.ts';
import { HEADER_SIZE, segmentPath, segmentsAmong } from './segment-file.ts';
import { readSegmentIndex, type SegmentInfo } from './segment-index.ts';
import { type Mark, SegmentReader, type SegmentRecord, type Sizes } from './segment-reader.ts';
import { checkTornEnd } from './torn-end.ts';

const POLL_MS = 200;

export interface ReadOptions {
  /** Entries of closed segments that ended before this time may be left out, ms since the epoch. */
  readonly since?: number;
  /** Goes on with what is appended later, until the signal. */
  readonly follow?: AbortSignal;
  /** Begins at this entry. */
  readonly from?: number;
}

/**
 * In order. Rejects with JournalError. Without `follow` it ends where the last segment ended when it came there.
 */
export async function* readJournalFiles(
  folder: string,
  options: ReadOptions = {},
): AsyncGenerator<JournalEntry> {
  let first = await firstSegment(folder, options);
  while (first !== undefined) {
    const isClosed: boolean = yield* readSegment(folder, first, options);
    const here: number = first;
    first = isClosed ? (await journalSegments(folder)).find((index) => index > here) : undefined;
  }
}

export interface LastEntries {
  readonly entries: readonly JournalEntry[];
  /** Index after the last entry that was read. */
  readonly next: number;
}

/** The last `limit` entries that match, found from the end segment by segment until there are `enough`; in order. */
export async function lastEntries(
  folder: string,
  matches: (entry: JournalEntry) => boolean,
  limit: number,
  enough = limit,
): Promise<LastEntries> {
  let found: JournalEntry[] = [];
  let next = 0;
  for (const first of (await journalSegments(folder)).toReversed()) {
    const here: JournalEntry[] = [];
    for await (const entry of readSegment(folder, first)) {
      next = Math.max(next, entry.index + 1);
      if (matches(entry) && here.push(entry) > limit) here.shift();
    }
    found = [...here, ...found].slice(-limit);
    if (found.length >= enough) break;
  }
  return { entries: found, next };
}

/** First indexes, in order. Rejects with JournalError `unavailable` where there is no journal. */
async function journalSegments(folder: string): Promise<readonly number[]> {
  try {
    const firsts = segmentsAmong(await readdir(folder));
    const last = firsts.at(-1);
    // A segment that is just being made has no record.
    const complete = last !== undefined && (await isBegun(folder, last));
    return complete ? firsts : firsts.slice(0, -1);
  } catch (error) {
    throw new JournalError('unavailable', `There is no journal in ${folder} that can be read.`, error);
  }
}

async function isBegun(folder: string, first: number): Promise<boolean> {
  const sizes = await Promise.all(
    (['log', 'bodies'] as const).map((kind) => stat(segmentPath(folder, first, kind)).catch(() => undefined)),
  );
  return sizes.every((found) => found !== undefined && found.size >= HEADER_SIZE);
}

/** Clocks of concurrent calls and their order in the journal differ by no more than this. */
const SLACK_MS = 3_600_000;

async function firstSegment(folder: string, { from = 0, since }: ReadOptions): Promise<number | undefined> {
  const firsts = await journalSegments(folder);
  for (const first of firsts) {
    const info = await readSegmentIndex(folder, first);
    if (info === undefined || !isBefore(info, from, since)) return first;
  }
  return undefined;
}

const isBefore = (info: SegmentInfo, from: number, since: number | undefined): boolean =>
  info.first + info.count <= from || (since !== undefined && info.lastTime < since - SLACK_MS);

/** Returns whether the segment is closed, so that there is a later one. */
async function* readSegment(
  folder: string,
  first: number,
  { from = 0, follow }: ReadOptions = {},
): AsyncGenerator<JournalEntry, boolean> {
  let mark: Mark | undefined;
  for (;;) {
    // In this order: a segment is complete once there is a later one.
    const isClosed = (await journalSegments(folder)).some((index) => index > first);
    const end: PartEnd = yield* readPart(folder, first, from, mark);
    if (isClosed && !end.isWhole) throw end.damage;
    if (isClosed) return true;
    if (!end.isWhole) await checkEnd(folder, first, end.mark);
    if (follow === undefined || !(await poll(follow))) return false;
    mark = end.mark;
  }
}

interface PartEnd {
  readonly mark: Mark;
  /** Whether the files ended there, both. */
  readonly isWhole: boolean;
  readonly damage: JournalError;
}

/** What is there now, from `mark` on. */
async function* readPart(
  folder: string,
  first: number,
  from: number,
  mark: Mark | undefined,
): AsyncGenerator<JournalEntry, PartEnd> {
  let sizes: Sizes = { log: 0, bodies: 0 };
  const reader = await SegmentReader.open(folder, first, mark, () => sizes);
  try {
    const log = (await reader.files.log.stat()).size;
    sizes = { log, bodies: (await reader.files.bodies.stat()).size };
    for await (const record of reader.records()) if (record.index >= from) yield copied(record);
    const isWhole = reader.mark.log === sizes.log && reader.mark.bodies === sizes.bodies;
    return { mark: reader.mark, isWhole, damage: reader.damage() };
  } finally {
    await reader.close();
  }
}

/** Half a record: the server is in the middle of a write, or was killed in one; else it is damage. */
async function checkEnd(folder: string, first: number, mark: Mark): Promise<void> {
  await delay(POLL_MS);
  const reader = await SegmentReader.open(folder, first, mark);
  try {
    if (await hasRecord(reader)) return;
    await checkTornEnd(reader);
  } catch (error) {
    // The server may have written on while the end was looked at.
    if (!(await hasRecord(reader))) throw error;
  } finally {
    await reader.close();
  }
}

async function hasRecord(reader: SegmentReader): Promise<boolean> {
  do {
    if (reader.take() !== undefined) return true;
  } while (await reader.more());
  return false;
}

/** False when following has ended. */
const poll = (follow: AbortSignal): Promise<boolean> =>
  delay(POLL_MS, true, { signal: follow }).catch(() => false);

function copied({ index, envelope, body }: SegmentRecord): JournalEntry {
  const kept = Buffer.from(envelope);
  return { id: eventId(kept), envelope: kept, body: Buffer.from(body), index };
}
