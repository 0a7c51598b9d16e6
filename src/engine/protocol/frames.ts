/**
 * Frames, as every pair of sockets between Lockholm's processes carries them (docs/formats/engine-frames.md):
 *
 *   u32  length of what follows, 5 to 1 MiB
 *   u32  request id, repeated by the reply
 *   u8   message code, the same in the reply; 0 = error reply: u8 index into engineErrorCodes, text
 *   n    body
 */
import { FrameError, type Writer } from './codec.ts';

export const MAX_FRAME = 1024 * 1024;
export const ERROR_CODE = 0;
const LENGTH_SIZE = 4;
const MIN_FRAME = 5;

/**
 * Appends one frame to the batch. Leaves the batch as it was and throws when the body cannot be encoded, or,
 * with RangeError, when the frame would be too long. Returns the size of the frame in bytes.
 */
export function writeFrame(writer: Writer, id: number, code: number, body: (writer: Writer) => void): number {
  const start = writer.length;
  try {
    writer.u32(0);
    writer.u32(id);
    writer.u8(code);
    body(writer);
    const length = writer.length - start - LENGTH_SIZE;
    if (length > MAX_FRAME) throw new RangeError('a message is longer than a frame may be');
    writer.patchU32(start, length);
    return writer.length - start;
  } catch (error) {
    writer.truncate(start);
    throw error;
  }
}

/** `start` and `end` bound the body in `buffer`, which nothing else writes to. */
export type FrameSink = (id: number, code: number, buffer: Buffer, start: number, end: number) => void;

/** Cuts a byte stream into frames, without copying those that lie whole in one chunk. */
export class FrameParser {
  readonly #sink: FrameSink;
  readonly #max: () => number;
  #held: Buffer[] = [];
  #heldSize = 0;
  #needed = 0;

  /** `max`: what the length of the next frame may say, MAX_FRAME at most. */
  constructor(sink: FrameSink, max: () => number = () => MAX_FRAME) {
    this.#sink = sink;
    this.#max = max;
  }

  /** Throws FrameError on a length out of bounds, and whatever the sink throws. */
  push(chunk: Buffer): void {
    if (this.#heldSize === 0) {
      this.#parse(chunk);
      return;
    }
    this.#held.push(chunk);
    this.#heldSize += chunk.length;
    if (this.#heldSize < this.#needed) return;
    const whole = Buffer.concat(this.#held, this.#heldSize);
    this.#held = [];
    this.#heldSize = 0;
    this.#parse(whole);
  }

  #parse(buffer: Buffer): void {
    let at = 0;
    for (;;) {
      const left = buffer.length - at;
      if (left < LENGTH_SIZE) {
        this.#hold(buffer, at, LENGTH_SIZE);
        return;
      }
      const length = buffer.readUInt32BE(at);
      if (length < MIN_FRAME || length > this.#max())
        throw new FrameError('a frame has an impossible length');
      const end = at + LENGTH_SIZE + length;
      if (end > buffer.length) {
        this.#hold(buffer, at, LENGTH_SIZE + length);
        return;
      }
      this.#sink(buffer.readUInt32BE(at + 4), buffer.readUInt8(at + 8), buffer, at + 9, end);
      at = end;
    }
  }

  #hold(buffer: Buffer, at: number, needed: number): void {
    if (at === buffer.length) return;
    const rest = buffer.subarray(at);
    this.#held = [rest];
    this.#heldSize = rest.length;
    this.#needed = needed;
  }
}
