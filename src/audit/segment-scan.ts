/** Reads a whole segment and checks every record: at start the last one, older ones whose index file is lost. */
import type { Hash } from 'node:crypto';
import { entryTime } from './entry.ts';
import { chainStart, type SegmentHeader } from './segment-file.ts';
import { isMarkDue } from './segment-index.ts';
import { LEAF_SIZE, type Mark, SegmentReader, type Sizes } from './segment-reader.ts';
import { checkTornEnd } from './torn-end.ts';

export interface ScannedSegment {
  readonly header: SegmentHeader;
  readonly count: number;
  /** Where the last intact record ends. */
  readonly end: Sizes;
  /** What the files held beyond that, to be cut off. */
  readonly torn: Sizes;
  /** Over the header and all leaf hashes so far. */
  readonly chain: Hash;
  readonly lastTime: number;
  readonly marks: readonly Mark[];
}

/**
 * Throws JournalError `corrupt` for any damage, but the torn end that a kill or a power cut leaves behind in the
 * segment that was being written (`last`).
 */
export async function scanSegment(folder: string, first: number, last: boolean): Promise<ScannedSegment> {
  const reader = await SegmentReader.open(folder, first);
  try {
    const found = await readAll(reader);
    const [log, bodies] = await Promise.all([reader.files.log.stat(), reader.files.bodies.stat()]);
    const end = reader.mark;
    const torn = { log: log.size - end.log, bodies: bodies.size - end.bodies };
    if (torn.log > 0 || torn.bodies > 0) {
      if (!last) throw reader.damage();
      await checkTornEnd(reader);
    }
    return { header: reader.header, count: end.index - first, end, torn, ...found };
  } finally {
    await reader.close();
  }
}

async function readAll(reader: SegmentReader) {
  const chain = chainStart(reader.header);
  const marks: Mark[] = [];
  const leaves = Buffer.alloc(LEAF_SIZE * 1024);
  let [pending, lastTime] = [0, 0];
  let lastEnvelope: Buffer = Buffer.alloc(0);
  do {
    for (let record = reader.take(); record !== undefined; record = reader.take()) {
      const { index, log, bodies } = record;
      if (isMarkDue(marks, index)) marks.push({ index, log, bodies });
      pending += record.leaf.copy(leaves, pending);
      if (pending === leaves.length) {
        chain.update(leaves);
        pending = 0;
      }
      lastEnvelope = record.envelope;
    }
    if (lastEnvelope.length > 0) lastTime = entryTime({ envelope: lastEnvelope });
  } while (await reader.more());
  chain.update(leaves.subarray(0, pending));
  return { chain, marks, lastTime };
}
