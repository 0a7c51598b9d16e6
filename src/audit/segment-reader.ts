/** Reads a segment's two files side by side and checks every hash on the way. */
import { hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { JournalError } from './contract.ts';
import { ENVELOPE_MAX } from './event.ts';
import { BODY_MAX } from './event-body.ts';
import { type Frame, FrameReader } from './frames.ts';
import {
  damaged,
  decodeSegmentHeader,
  type FileKind,
  HEADER_SIZE,
  type SegmentHeader,
  segmentPath,
} from './segment-file.ts';

export const LEAF_SIZE = 32;
/** Leaf hash, then the byte 0 that RFC 6962 puts before a leaf, then the envelope. */
export const ENVELOPE_AT = LEAF_SIZE + 1;

/** Where a record begins in both files. */
export interface Mark {
  readonly index: number;
  readonly log: number;
  readonly bodies: number;
}

/** Views, valid until the next `more`. */
export interface SegmentRecord extends Mark {
  readonly leaf: Buffer;
  readonly envelope: Buffer;
  /** Empty when erased. */
  readonly body: Buffer;
}

export interface Sizes {
  readonly log: number;
  readonly bodies: number;
}

/** Why reading stopped: `end` of what is there, in the middle of a record or not; else a record is damaged. */
export interface Stop extends Mark {
  readonly why: 'end' | 'damage';
  readonly file: FileKind;
  readonly detail: string;
}

const BODY_FIELD = Buffer.from('"body":"');
const HASH_HEX = 64;
/** What an erased body is overwritten with. */
const ZEROS = Buffer.alloc(BODY_MAX);

export class SegmentReader {
  readonly folder: string;
  readonly header: SegmentHeader;
  readonly #files: { readonly log: FileHandle; readonly bodies: FileHandle };
  readonly #log: FrameReader;
  readonly #bodies: FrameReader;
  #index: number;
  /** Place of the last record within its write. */
  #place = -1;
  #stop: Stop | undefined;

  private constructor(
    folder: string,
    header: SegmentHeader,
    files: SegmentReader['files'],
    mark: Mark,
    sizes?: () => Sizes,
  ) {
    this.folder = folder;
    this.header = header;
    this.#files = files;
    const limit = (kind: FileKind) =>
      sizes ? () => sizes()[kind] : async () => (await files[kind].stat()).size;
    this.#log = new FrameReader(files.log, mark.log, ENVELOPE_AT + ENVELOPE_MAX, limit('log'));
    this.#bodies = new FrameReader(files.bodies, mark.bodies, BODY_MAX, limit('bodies'));
    this.#index = mark.index;
  }

  /**
   * Reads from `mark`, or from the first record; up to `sizes` where given, else up to the files' ends.
   * Throws JournalError `corrupt` when the headers are wrong.
   */
  static async open(folder: string, first: number, mark?: Mark, sizes?: () => Sizes): Promise<SegmentReader> {
    const log = await openSegmentFile(folder, first, 'log');
    try {
      const bodies = await openSegmentFile(folder, first, 'bodies');
      const start = mark ?? { index: first, log: HEADER_SIZE, bodies: HEADER_SIZE };
      const files = { log: log.file, bodies: bodies.file };
      const reader = new SegmentReader(folder, log.header, files, start, sizes);
      if (!bodies.header.previous.equals(log.header.previous)) {
        throw damaged(segmentPath(folder, first, 'bodies'), 20, 'it belongs to another journal');
      }
      return reader;
    } catch (error) {
      await log.file.close();
      throw error;
    }
  }

  get files(): { readonly log: FileHandle; readonly bodies: FileHandle } {
    return this.#files;
  }
  /** Where the next record begins. */
  get mark(): Mark {
    return { index: this.#index, log: this.#log.offset, bodies: this.#bodies.offset };
  }
  get stop(): Stop | undefined {
    return this.#stop;
  }

  /** The next record that is in memory; undefined: call `more`, or see `stop`. */
  take(): SegmentRecord | undefined {
    this.#stop = undefined;
    const log = this.#log.peek();
    if (typeof log === 'string') return this.#halt('log', log);
    const bodies = this.#bodies.peek();
    if (typeof bodies === 'string') return this.#halt('bodies', bodies);
    const wrong = this.#check(log, bodies);
    if (wrong !== undefined) return this.#halt(wrong.file, wrong.detail);
    const record: SegmentRecord = {
      ...this.mark,
      leaf: log.payload.subarray(0, LEAF_SIZE),
      envelope: log.payload.subarray(ENVELOPE_AT),
      body: bodies.erased ? bodies.payload.subarray(0, 0) : bodies.payload,
    };
    this.#log.skip(log);
    this.#bodies.skip(bodies);
    this.#place = log.place;
    this.#index += 1;
    return record;
  }

  /** Reads on in the file that `take` came to the end of; false when there is no more now. */
  async more(): Promise<boolean> {
    if (this.#stop === undefined || this.#stop.why === 'damage') return false;
    return this.#stop.file === 'log' ? this.#log.fill() : this.#bodies.fill();
  }

  /** Records up to where reading stops. */
  async *records(): AsyncGenerator<SegmentRecord> {
    for (;;) {
      const record = this.take();
      if (record !== undefined) yield record;
      else if (!(await this.more())) return;
    }
  }

  /** The error for a stop that is none of a torn end. */
  damage(): JournalError {
    const stop = this.#stop;
    if (stop === undefined) return new JournalError('unavailable', 'the journal was read to no end');
    const path = segmentPath(this.folder, this.header.first, stop.file);
    return damaged(path, stop[stop.file], `record ${stop.index} ${stop.detail}`);
  }

  async close(): Promise<void> {
    await Promise.all([this.#files.log.close(), this.#files.bodies.close()]);
  }

  #halt(file: FileKind, detail: string): undefined {
    const why = detail === 'short' ? 'end' : 'damage';
    const text = { short: 'is cut off', bad: 'has an impossible length' }[detail] ?? detail;
    this.#stop = { ...this.mark, why, file, detail: text };
    return undefined;
  }

  #check(log: Frame, bodies: Frame): { file: FileKind; detail: string } | undefined {
    if (!isIntactLog(log)) return { file: 'log', detail: 'does not match its hash' };
    if (log.place !== 0 && this.#place !== -1 && log.place !== this.#place + 1) {
      return { file: 'log', detail: 'is out of place' };
    }
    if (bodies.place !== log.place) return { file: 'bodies', detail: 'is out of place' };
    const isBody = bodies.erased
      ? bodies.payload.equals(ZEROS.subarray(0, bodies.payload.length))
      : bodyHash(log) === hash('sha256', bodies.payload, 'hex');
    if (!isBody) {
      return { file: 'bodies', detail: 'does not match the hash in its envelope' };
    }
    return undefined;
  }
}

export function isIntactLog(frame: Frame): boolean {
  const { payload } = frame;
  if (frame.erased || payload.length <= ENVELOPE_AT || payload[LEAF_SIZE] !== 0) return false;
  return hash('sha256', payload.subarray(LEAF_SIZE), 'latin1') === payload.toString('latin1', 0, LEAF_SIZE);
}

export function bodyHash(log: Frame): string {
  const at = log.payload.indexOf(BODY_FIELD, ENVELOPE_AT) + BODY_FIELD.length;
  return log.payload.toString('latin1', at, at + HASH_HEX);
}

async function openSegmentFile(folder: string, first: number, kind: FileKind) {
  const path = segmentPath(folder, first, kind);
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT')
      throw new JournalError('unavailable', `cannot open ${path}: ${error.code}`, error);
    throw new JournalError(
      'corrupt',
      `The journal is incomplete: ${path} is missing. Restore it from a backup.`,
    );
  });
  try {
    const bytes = Buffer.alloc(HEADER_SIZE);
    const { bytesRead } = await file.read(bytes, 0, HEADER_SIZE, 0);
    const header = decodeSegmentHeader(kind, bytes.subarray(0, bytesRead), path);
    if (header.first !== first) throw damaged(path, 12, `it holds the records from ${header.first} on`);
    return { file, header };
  } catch (error) {
    await file.close();
    throw error;
  }
}
