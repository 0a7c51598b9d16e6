/** What a journal's folder holds when it is opened: docs/formats/journal.md, "Recovery". */
import { open, readdir, stat } from 'node:fs/promises';
import { JournalError } from './contract.ts';
import { type Kept, readKept, removeSegment } from './kept.ts';
import { damaged, HEADER_SIZE, type SegmentHeader, segmentPath, segmentsAmong } from './segment-file.ts';
import { readSegmentIndex, type SegmentInfo, writeSegmentIndex } from './segment-index.ts';
import { SegmentReader } from './segment-reader.ts';
import { type ScannedSegment, scanSegment } from './segment-scan.ts';

export interface Recovered {
  readonly closed: readonly SegmentInfo[];
  /** Undefined in a new journal. */
  readonly last: (ScannedSegment & { readonly first: number }) | undefined;
  readonly kept: Kept;
}

/** Throws JournalError `corrupt`, and then has changed nothing but index files. */
export async function recover(folder: string, node: string): Promise<Recovered> {
  const kept = await readKept(folder);
  const firsts = await presentSegments(folder, kept);
  const closed: SegmentInfo[] = [];
  let expected: Kept = kept;
  for (const first of firsts.slice(0, -1)) {
    const { info, header } = await closedSegment(folder, first, expected);
    checkPlace(folder, first, header, expected, node);
    closed.push(info);
    expected = { first: info.first + info.count, chain: info.chain };
  }
  const first = firsts.at(-1);
  if (first === undefined) {
    if (kept.first > 0) throw missing(folder, kept.first);
    return { closed, last: undefined, kept };
  }
  checkPlace(folder, first, await readHeader(folder, first), expected, node);
  const scanned = await scanSegment(folder, first, true);
  await cut(folder, first, scanned);
  return { closed, last: { ...scanned, first }, kept };
}

/** Without those that retention was removing, and without one that a rotation was only beginning. */
async function presentSegments(folder: string, kept: Kept): Promise<readonly number[]> {
  const firsts = segmentsAmong(await readdir(folder));
  for (const first of firsts.filter((index) => index < kept.first)) await removeSegment(folder, first);
  const present = firsts.filter((index) => index >= kept.first);
  const last = present.at(-1);
  if (last === undefined || !(await isUnborn(folder, last))) return present;
  if (present.length === 1 && kept.first > 0) throw missing(folder, kept.first);
  await removeSegment(folder, last);
  return present.slice(0, -1);
}

/** A rotation that was interrupted: no record in either file, and not both headers. */
async function isUnborn(folder: string, first: number): Promise<boolean> {
  const [log, bodies] = await Promise.all([
    sizeOf(segmentPath(folder, first, 'log')),
    sizeOf(segmentPath(folder, first, 'bodies')),
  ]);
  return Math.max(log, bodies) <= HEADER_SIZE && Math.min(log, bodies) < HEADER_SIZE;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function closedSegment(folder: string, first: number, expected: Kept) {
  const header = await readHeader(folder, first);
  const known = await readSegmentIndex(folder, first);
  const sizes = [
    await sizeOf(segmentPath(folder, first, 'log')),
    await sizeOf(segmentPath(folder, first, 'bodies')),
  ];
  if (known !== undefined && known.log === sizes[0] && known.bodies === sizes[1])
    return { info: known, header };
  if (first !== expected.first) throw missing(folder, expected.first);
  const scanned = await scanSegment(folder, first, false);
  const info: SegmentInfo = {
    first,
    count: scanned.count,
    ...scanned.end,
    chain: scanned.chain.digest('hex'),
    lastTime: scanned.lastTime,
    marks: scanned.marks,
  };
  await writeSegmentIndex(folder, info);
  return { info, header };
}

function checkPlace(
  folder: string,
  first: number,
  header: SegmentHeader,
  expected: Kept,
  node: string,
): void {
  const path = segmentPath(folder, first, 'log');
  if (first !== expected.first) throw missing(folder, expected.first);
  if (header.previous.toString('hex') !== expected.chain) {
    throw damaged(path, 20, 'it does not continue the segment before it');
  }
  if (header.node !== node) {
    throw new JournalError(
      'corrupt',
      `${path} belongs to node ${header.node}, and this is node ${node}. Each node has a journal folder of its own.`,
    );
  }
}

const missing = (folder: string, first: number): JournalError =>
  new JournalError(
    'corrupt',
    `The journal is incomplete: ${segmentPath(folder, first, 'log')} is missing. Restore it from a backup.`,
  );

async function readHeader(folder: string, first: number): Promise<SegmentHeader> {
  const reader = await SegmentReader.open(folder, first);
  await reader.close();
  return reader.header;
}

/** Takes a torn end off, so that the next record follows the last intact one. */
async function cut(folder: string, first: number, scanned: ScannedSegment): Promise<void> {
  for (const kind of ['log', 'bodies'] as const) {
    if (scanned.torn[kind] === 0) continue;
    const file = await open(segmentPath(folder, first, kind), 'r+');
    try {
      await file.truncate(scanned.end[kind]);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
