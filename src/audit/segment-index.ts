/**
 * What is known of a whole segment, and the file beside it that keeps this once the segment is full, so that a
 * start need not read it again. Only a cache: when it is missing, torn or wrong, the segment is scanned.
 *
 * First line: hex SHA-256 of the second; second line: JSON.
 */
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeFileDurable } from '../store/durable-file.ts';
import { segmentPath } from './segment-file.ts';
import type { Mark } from './segment-reader.ts';

/** A mark is kept for about one record in so many. */
const MARK_EVERY = 4096;

export interface SegmentInfo {
  readonly first: number;
  readonly count: number;
  /** Bytes of the two files. */
  readonly log: number;
  readonly bodies: number;
  /** Hex; see segment-file.ts. */
  readonly chain: string;
  /** Time of the last record, ms since the epoch. */
  readonly lastTime: number;
  readonly marks: readonly Mark[];
}

export async function writeSegmentIndex(folder: string, info: SegmentInfo): Promise<void> {
  const line = JSON.stringify({ v: 1, ...info });
  await writeFileDurable(segmentPath(folder, info.first, 'idx'), `${hash('sha256', line)}\n${line}\n`, 0o600);
}

export async function readSegmentIndex(folder: string, first: number): Promise<SegmentInfo | undefined> {
  const text = await readFile(segmentPath(folder, first, 'idx'), 'utf8').catch(() => '');
  const [digest, line = ''] = text.split('\n');
  if (digest !== hash('sha256', line)) return undefined;
  const { v, ...info } = JSON.parse(line) as SegmentInfo & { v: number };
  return v === 1 && info.first === first ? info : undefined;
}

/** A record at whose place a mark should be kept, when it begins a write. */
export const isMarkDue = (marks: readonly Mark[], index: number): boolean =>
  index >= (marks.at(-1)?.index ?? Number.NEGATIVE_INFINITY) + MARK_EVERY;

/** The last mark at or before `index`. */
export const markBefore = (marks: readonly Mark[], index: number): Mark | undefined =>
  marks.findLast((mark) => mark.index <= index);
