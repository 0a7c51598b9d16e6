/**
 * The two files of a segment and their headers: docs/formats/journal.md, "Segments".
 *
 *   8   magic         `LHjournl` (envelopes) or `LHbodies`
 *   u32 version       1
 *   u64 first         index of the first record
 *   32  previous      chain value of the segment before, zeros for the first one
 *   u8  length, 64    node, zero padded
 *   11  zeros
 *   32  SHA-256 of the 128 bytes before
 *
 * The chain value of a segment is SHA-256(header of its envelope file and the leaf hashes of its records), so
 * that no segment can be exchanged, reordered or left out.
 */
import { createHash, type Hash, hash } from 'node:crypto';
import { join } from 'node:path';
import { JournalError } from './contract.ts';

export const HEADER_SIZE = 160;
const CHECKED = 128;
const VERSION = 1;
const NODE_MAX = 64;
const MAGIC = { log: 'LHjournl', bodies: 'LHbodies' } as const;
export type FileKind = keyof typeof MAGIC;
export const FIRST_CHAIN = Buffer.alloc(32);

export interface SegmentHeader {
  readonly first: number;
  readonly previous: Buffer;
  readonly node: string;
}

const FILE_NAME = /^([0-9]{12})\.(log|bodies)$/;

export const chainStart = (header: SegmentHeader): Hash =>
  createHash('sha256').update(encodeSegmentHeader('log', header));

export const segmentPath = (folder: string, first: number, kind: FileKind | 'idx'): string =>
  join(folder, `${String(first).padStart(12, '0')}.${kind}`);

/** First indexes of the segments of which at least one file is there, in order. */
export function segmentsAmong(names: readonly string[]): readonly number[] {
  const found = new Set<number>();
  for (const name of names) {
    const match = FILE_NAME.exec(name);
    if (match) found.add(Number(match[1]));
  }
  return [...found].sort((a, b) => a - b);
}

export function encodeSegmentHeader(kind: FileKind, header: SegmentHeader): Buffer {
  const out = Buffer.alloc(HEADER_SIZE);
  out.write(MAGIC[kind], 0, 'latin1');
  out.writeUInt32BE(VERSION, 8);
  out.writeBigUInt64BE(BigInt(header.first), 12);
  out.set(header.previous, 20);
  const node = Buffer.from(header.node);
  if (node.length === 0 || node.length > NODE_MAX) throw new RangeError('a node has a name of 1 to 64 bytes');
  out[52] = node.length;
  out.set(node, 53);
  out.set(hash('sha256', out.subarray(0, CHECKED), 'buffer'), CHECKED);
  return out;
}

/** Throws JournalError `corrupt`. */
export function decodeSegmentHeader(kind: FileKind, bytes: Buffer, path: string): SegmentHeader {
  const refuse = (why: string) => damaged(path, 0, why);
  if (bytes.length < HEADER_SIZE) throw refuse('its header is cut off');
  if (bytes.toString('latin1', 0, 8) !== MAGIC[kind]) throw refuse('it is no journal file of this kind');
  if (bytes.readUInt32BE(8) !== VERSION) {
    throw new JournalError('corrupt', `${path} was written by a newer Lockholm: start that version instead.`);
  }
  const digest = hash('sha256', bytes.subarray(0, CHECKED), 'buffer');
  if (!digest.equals(bytes.subarray(CHECKED, HEADER_SIZE)))
    throw refuse('its header does not match its hash');
  const size = bytes.readUInt8(52);
  return {
    first: Number(bytes.readBigUInt64BE(12)),
    previous: Buffer.from(bytes.subarray(20, 52)),
    node: bytes.toString('utf8', 53, 53 + size),
  };
}

export function damaged(path: string, offset: number, why: string): JournalError {
  return new JournalError(
    'corrupt',
    `The journal is damaged: ${path}, byte ${offset}: ${why}. Nothing was changed. Restore this file from a ` +
      'backup or a replica; to go on without what it holds, move the whole journal folder away and keep it.',
  );
}
