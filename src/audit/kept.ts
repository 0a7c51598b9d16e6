/**
 * Which segments are kept. Whole segments are removed from the front; the file `kept.json` then names the first
 * one that must be there and the chain value before it, and is written before anything is removed, so that a
 * missing segment is never taken for one that was removed on purpose.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, syncFolder, writeFileDurable } from '../store/durable-file.ts';
import { JournalError } from './contract.ts';
import { FIRST_CHAIN, segmentPath } from './segment-file.ts';
import type { SegmentInfo } from './segment-index.ts';

export interface Kept {
  readonly first: number;
  /** Hex. */
  readonly chain: string;
}

const keptPath = (folder: string): string => join(folder, 'kept.json');

export async function readKept(folder: string): Promise<Kept> {
  const path = keptPath(folder);
  const text = await readIfThere(path).catch((error: NodeJS.ErrnoException) => {
    throw new JournalError('unavailable', `cannot read ${path}: ${error.code}`, error);
  });
  if (text === undefined) return { first: 0, chain: FIRST_CHAIN.toString('hex') };
  const kept = parseKept(text);
  if (kept === undefined) throw new JournalError('corrupt', `${path} is damaged. Restore it from a backup.`);
  return kept;
}

function parseKept(text: string): Kept | undefined {
  try {
    const { first, chain } = JSON.parse(text) as Partial<Kept>;
    const valid = Number.isSafeInteger(first) && typeof chain === 'string' && /^[0-9a-f]{64}$/.test(chain);
    return valid ? { first: Number(first), chain } : undefined;
  } catch {
    return undefined;
  }
}

/** Removes `old`, the first closed segments, in order. */
export async function removeSegments(folder: string, old: readonly SegmentInfo[]): Promise<void> {
  const last = old.at(-1);
  if (last === undefined) return;
  const kept: Kept = { first: last.first + last.count, chain: last.chain };
  await writeFileDurable(keptPath(folder), `${JSON.stringify(kept)}\n`, 0o600);
  for (const { first } of old) await removeSegment(folder, first);
}

export async function removeSegment(folder: string, first: number): Promise<void> {
  for (const kind of ['log', 'bodies', 'idx'] as const) {
    await rm(segmentPath(folder, first, kind), { force: true });
  }
  await syncFolder(folder);
}
