/**
 * Records of a journal file: u32 length of the payload, u32 place in the write that brought it (0 for the first
 * record of a write), payload. Big-endian. docs/formats/journal.md, "Records".
 */
import type { FileHandle } from 'node:fs/promises';

export const FRAME_HEAD = 8;
const CHUNK = 1024 * 1024;

export interface Frame {
  /** 0 for the first record of a write, then one more for each. */
  readonly place: number;
  /** Set where the payload was overwritten with zeros on purpose (top bit of the length). */
  readonly erased: boolean;
  /** A view, valid as long as the buffer is. */
  readonly payload: Buffer;
}
export const ERASED = 0x8000_0000;

/** The frame at `at` of `buffer`; `short` when its end is not there, `bad` when no record has such a length. */
export function parseFrame(buffer: Buffer, at: number, max: number): Frame | 'short' | 'bad' {
  const left = buffer.length - at;
  if (left < FRAME_HEAD) return 'short';
  const word = buffer.readUInt32BE(at);
  const size = word & ~ERASED;
  if (size === 0 || size > max) return 'bad';
  if (left < FRAME_HEAD + size) return 'short';
  const start = at + FRAME_HEAD;
  return {
    place: buffer.readUInt32BE(at + 4),
    erased: word >= ERASED,
    payload: buffer.subarray(start, start + size),
  };
}

/** Reads frames one after another up to what `limit` says is there now. */
export class FrameReader {
  readonly #file: FileHandle;
  readonly #max: number;
  readonly #limit: () => Promise<number> | number;
  #buffer = Buffer.alloc(0);
  /** Of the next frame within the buffer, and of the buffer within the file. */
  #at = 0;
  #base: number;

  constructor(file: FileHandle, offset: number, max: number, limit: () => Promise<number> | number) {
    this.#file = file;
    this.#base = offset;
    this.#max = max;
    this.#limit = limit;
  }

  get offset(): number {
    return this.#base + this.#at;
  }

  /** The next frame without moving on. */
  peek(): Frame | 'short' | 'bad' {
    return parseFrame(this.#buffer, this.#at, this.#max);
  }

  skip(frame: Frame): void {
    this.#at += FRAME_HEAD + frame.payload.length;
  }

  /** Reads on; false when nothing more is there now. */
  async fill(): Promise<boolean> {
    const kept = this.#buffer.subarray(this.#at);
    const from = this.offset + kept.length;
    const size = Math.min(CHUNK, (await this.#limit()) - from);
    if (size <= 0) return false;
    const buffer = Buffer.allocUnsafeSlow(kept.length + size);
    kept.copy(buffer);
    const { bytesRead } = await this.#file.read(buffer, kept.length, size, from);
    this.#base = this.offset;
    this.#at = 0;
    this.#buffer = buffer.subarray(0, kept.length + bytesRead);
    return bytesRead > 0;
  }
}
