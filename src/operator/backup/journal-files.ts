/** A journal's files as a backup sees them: what to copy up to an entry, and whether copies are whole. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readKept } from '../../audit/kept.ts';
import { damaged, segmentPath, segmentsAmong } from '../../audit/segment-file.ts';
import { SegmentReader } from '../../audit/segment-reader.ts';
import { scanSegment } from '../../audit/segment-scan.ts';

export interface JournalFile {
  /** In the journal's folder. */
  readonly name: string;
  readonly size: number;
}
export interface JournalCut {
  readonly files: readonly JournalFile[];
  readonly node: string;
  /** Index of the oldest entry. */
  readonly first: number;
  /** Hex leaf hash of the last entry. */
  readonly lastLeaf: string;
}

const KEPT = 'kept.json';

/** The files that hold the entries before `end`, which is after the first one. Rejects with JournalError. */
export async function journalUpTo(folder: string, end: number): Promise<JournalCut> {
  const names = await readdir(folder);
  const firsts = segmentsAmong(names).filter((first) => first < end);
  const last = firsts.at(-1);
  if (last === undefined) throw damaged(folder, 0, `it has no entry ${end - 1}`);
  const files: JournalFile[] = [];
  if (names.includes(KEPT)) files.push({ name: KEPT, size: (await stat(join(folder, KEPT))).size });
  for (const first of firsts.slice(0, -1)) {
    for (const kind of ['log', 'bodies'] as const) {
      const { size } = await stat(segmentPath(folder, first, kind));
      files.push({ name: segmentPath('', first, kind), size });
    }
  }
  const cut = await segmentUpTo(folder, last, end);
  for (const kind of ['log', 'bodies'] as const)
    files.push({ name: segmentPath('', last, kind), size: cut[kind] });
  return { files, node: cut.node, first: firsts[0] ?? last, lastLeaf: cut.lastLeaf };
}

async function segmentUpTo(folder: string, first: number, end: number) {
  const reader = await SegmentReader.open(folder, first);
  try {
    for await (const record of reader.records()) {
      if (record.index !== end - 1) continue;
      const { log, bodies } = reader.mark;
      return { log, bodies, node: reader.header.node, lastLeaf: record.leaf.toString('hex') };
    }
    throw reader.stop?.why === 'damage' ? reader.damage() : damaged(folder, 0, `it has no entry ${end - 1}`);
  } finally {
    await reader.close();
  }
}

export interface CheckedJournal {
  readonly node: string;
  readonly first: number;
  /** Index after the last entry. */
  readonly end: number;
}

/**
 * Checks every hash and that each segment continues the one before. `torn`: the last one may end in what a kill
 * left, which does not count. Changes nothing. Rejects with JournalError.
 */
export async function checkJournal(folder: string, torn: boolean): Promise<CheckedJournal> {
  const kept = await readKept(folder);
  const firsts = segmentsAmong(await readdir(folder)).filter((first) => first >= kept.first);
  let expected = { first: kept.first, chain: kept.chain };
  let node = '';
  for (const first of firsts) {
    const { header, count, chain } = await scanSegment(folder, first, torn && first === firsts.at(-1));
    const path = segmentPath(folder, first, 'log');
    if (first !== expected.first || header.previous.toString('hex') !== expected.chain)
      throw damaged(path, 20, 'it does not continue the segment before it');
    if (node !== '' && header.node !== node) throw damaged(path, 52, 'it belongs to another node');
    node = header.node;
    expected = { first: first + count, chain: chain.digest('hex') };
  }
  if (firsts.length === 0) throw damaged(folder, 0, 'it has no segments');
  return { node, first: kept.first, end: expected.first };
}

/** Hex leaf hash of an entry that the folder holds. */
export async function leafAt(folder: string, index: number): Promise<string> {
  const first = segmentsAmong(await readdir(folder)).findLast((candidate) => candidate <= index);
  if (first === undefined) throw damaged(folder, 0, `it has no entry ${index}`);
  return (await segmentUpTo(folder, first, index + 1)).lastLeaf;
}
