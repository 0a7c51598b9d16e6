/**
 * Tells a torn end from damage. A journal writes one batch at a time to both files and begins the next only when
 * both are durable. So what a kill or a power cut tears is in the last write, nothing of it was acknowledged, and
 * no intact record follows. Anything else is damage, which is never cut off: docs/formats/journal.md, "Recovery".
 */
import { hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { ENVELOPE_MAX } from './event.ts';
import { BODY_MAX } from './event-body.ts';
import { SALT_SIZE } from './event-memory.ts';
import { FRAME_HEAD, type Frame, parseFrame } from './frames.ts';
import { bodyHash, ENVELOPE_AT, isIntactLog, LEAF_SIZE, type SegmentReader } from './segment-reader.ts';

const LOG_MAX = ENVELOPE_AT + ENVELOPE_MAX;
const ENVELOPE_START = Buffer.from('\0{"account":"');
const BODY_START = Buffer.from('{"');
const CLOSING_BRACE = 0x7d;

/** Throws the reader's damage unless what follows its mark may be cut off. */
export async function checkTornEnd(reader: SegmentReader): Promise<void> {
  const { mark, files } = reader;
  const log = await readFrom(files.log, mark.log);
  const bodies = await readFrom(files.bodies, mark.bodies);
  // Envelopes that are whole, when it was a body that ended the reading.
  const whole = framesAt(log, LOG_MAX, isIntactLog);
  const rest = log.subarray(sizeOf(whole));
  const loneBodies = whole.length > 0 ? [] : framesAt(bodies, BODY_MAX, () => true);
  const isTorn =
    inOneWrite(whole) &&
    inOneWrite(loneBodies) &&
    (reader.stop?.file === 'bodies' || whole.length === 0) &&
    !holdsIntactLog(rest) &&
    !holdsBodyOf(bodies, whole);
  if (!isTorn) throw reader.damage();
}

/** Frames one after another from the start, while they are intact and numbered on. */
function framesAt(buffer: Buffer, max: number, isIntact: (frame: Frame) => boolean): readonly Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  for (;;) {
    const frame = parseFrame(buffer, at, max);
    const last = frames.at(-1);
    if (typeof frame === 'string' || !isIntact(frame)) return frames;
    if (last !== undefined && frame.place !== 0 && frame.place !== last.place + 1) return frames;
    frames.push(frame);
    at += FRAME_HEAD + frame.payload.length;
  }
}

/** A second write begins only once the first is durable in both files, and would have its other half. */
const inOneWrite = (frames: readonly Frame[]): boolean =>
  frames.every((frame, position) => position === 0 || frame.place !== 0);

const sizeOf = (frames: readonly Frame[]): number =>
  frames.reduce((sum, { payload }) => sum + FRAME_HEAD + payload.length, 0);

function holdsIntactLog(buffer: Buffer): boolean {
  const before = FRAME_HEAD + LEAF_SIZE;
  let at = buffer.indexOf(ENVELOPE_START);
  for (; at !== -1; at = buffer.indexOf(ENVELOPE_START, at + 1)) {
    const frame = at < before ? 'bad' : parseFrame(buffer, at - before, LOG_MAX);
    if (typeof frame !== 'string' && isIntactLog(frame)) return true;
  }
  return false;
}

/** Whether the body of one of these envelopes is there. */
function holdsBodyOf(bodies: Buffer, envelopes: readonly Frame[]): boolean {
  const hashes = new Set(envelopes.map(bodyHash));
  if (hashes.size === 0) return false;
  const before = FRAME_HEAD + SALT_SIZE;
  let at = bodies.indexOf(BODY_START);
  for (; at !== -1; at = bodies.indexOf(BODY_START, at + 1)) {
    const frame = at < before ? 'bad' : parseFrame(bodies, at - before, BODY_MAX);
    if (typeof frame === 'string' || frame.payload.at(-1) !== CLOSING_BRACE) continue;
    if (hashes.has(hash('sha256', frame.payload, 'hex'))) return true;
  }
  return false;
}

async function readFrom(file: FileHandle, offset: number): Promise<Buffer> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(Math.max(0, size - offset));
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, offset + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
