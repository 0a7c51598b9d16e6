/**
 * The chain of encrypted records in the log (docs/formats/hsm-store.md, "Log"): appended to, never changed, but for
 * records that are overwritten because the key in them was deleted.
 */
import { createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import { ftruncateSync } from 'node:fs';
import { GCM_NONCE_SIZE, GCM_TAG_SIZE, gcmOpen, gcmSeal } from '../../engine/gcm.ts';
import { derive, kdfLabel } from '../../engine/kdf.ts';
import { HsmError } from '../protocol/errors.ts';
import { readAt, readRest, writeAt, zeroAt } from './file.ts';

const label = kdfLabel('lockholm/hsm-log/1', 0);
const HEADER_SIZE = 12;
const SEALED_AT = HEADER_SIZE + GCM_NONCE_SIZE;
const OVERHEAD = SEALED_AT + GCM_TAG_SIZE;
const MAX_RECORD = 1024 * 1024;
/** Of one chain: enough for a hundred changes of each of 3,300 keys and 1,024 users. */
const MAX_CHAIN = 256 * 1024 * 1024;
const NO_TAG = Buffer.alloc(GCM_TAG_SIZE);

/** Where a record lies, and the tag before it, with which it can be verified by itself. */
export interface RecordRef {
  readonly offset: number;
  readonly size: number;
  readonly previous: Buffer;
}
export interface LogEnd {
  readonly start: number;
  readonly end: number;
  readonly records: number;
  readonly tag: Uint8Array;
}
export interface LogRecord {
  readonly ref: RecordRef;
  /** Undefined: overwritten, or altered so as to look so; the objects decide. */
  readonly content: Buffer | undefined;
}

export class Log {
  readonly #fd: number;
  readonly #key: KeyObject;
  readonly #start: number;
  #end: number;
  #records: number;
  #tag: Buffer;

  private constructor(fd: number, storageKey: KeyObject, end: LogEnd) {
    const raw = derive(storageKey, label, Buffer.alloc(0));
    this.#fd = fd;
    this.#key = createSecretKey(raw);
    raw.fill(0);
    this.#start = end.start;
    this.#end = end.end;
    this.#records = end.records;
    this.#tag = Buffer.from(end.tag);
  }

  /** An empty chain at `start`, whose first record has the number after `records`. */
  static begin(fd: number, storageKey: KeyObject, start: number, records: number): Log {
    return new Log(fd, storageKey, { start, end: start, records, tag: NO_TAG });
  }

  /**
   * Reads the chain, up to and past the end that the superblock names; cuts off what was never acknowledged. `passed` is
   * told each number and tag. Throws `tampered`.
   */
  static read(
    fd: number,
    storageKey: KeyObject,
    named: LogEnd,
    passed: (records: number, tag: Buffer) => void,
  ): { readonly log: Log; readonly records: readonly LogRecord[] } {
    const bytes = readRest(fd, named.start);
    const log = Log.begin(fd, storageKey, named.start, firstNumber(bytes) - 1);
    const records: LogRecord[] = [];
    const atNamedEnd = (): boolean => log.#end === named.end;
    let sawEnd = atNamedEnd() && named.records === log.#records;
    for (;;) {
      const record = log.#next(bytes, named.end);
      if (record === undefined) break;
      records.push(record);
      passed(log.#records, log.#tag);
      if (atNamedEnd()) sawEnd = log.#records === named.records && log.#tag.equals(named.tag);
    }
    if (!sawEnd) throw new HsmError('tampered', 'the log is not as it was written');
    if (log.#end < named.start + bytes.length) ftruncateSync(fd, log.#end);
    return { log, records };
  }

  get end(): LogEnd {
    return { start: this.#start, end: this.#end, records: this.#records, tag: this.#tag };
  }

  append(content: Uint8Array): RecordRef {
    if (content.length > MAX_RECORD || this.#end - this.#start > MAX_CHAIN)
      throw new HsmError('full', "the HSM's log is full: replace the unlock code, which writes it anew");
    const out = Buffer.allocUnsafe(OVERHEAD + content.length);
    out.writeUInt32BE(content.length, 0);
    out.writeBigUInt64BE(BigInt(this.#records + 1), 4);
    const nonce = randomFillSync(out.subarray(HEADER_SIZE, SEALED_AT));
    gcmSeal(this.#key, nonce, associated(out, this.#tag), content, out, SEALED_AT);
    writeAt(this.#fd, this.#end, out);
    const ref = { offset: this.#end, size: content.length, previous: this.#tag };
    this.#advance(out.length, out.subarray(out.length - GCM_TAG_SIZE));
    return ref;
  }

  /** To an earlier end: what follows it counts no more, and is written over. */
  back({ end, records, tag }: LogEnd): void {
    this.#end = end;
    this.#records = records;
    this.#tag = Buffer.from(tag);
  }

  /** Whether the record is on disk as it was written. */
  holds({ offset, size, previous }: RecordRef): boolean {
    const bytes = readAt(this.#fd, offset, OVERHEAD + size);
    const content = bytes.length === OVERHEAD + size ? this.#open(bytes, size, previous) : undefined;
    content?.fill(0);
    return content !== undefined;
  }

  /** Overwrites the content; the chain goes on through its tag. */
  overwrite({ offset, size }: RecordRef): void {
    zeroAt(this.#fd, offset + HEADER_SIZE, GCM_NONCE_SIZE + size);
  }

  /** Undefined: what follows is no record of the chain. */
  #next(bytes: Buffer, namedEnd: number): LogRecord | undefined {
    const rest = bytes.subarray(this.#end - this.#start);
    if (rest.length < OVERHEAD) return undefined;
    const size = rest.readUInt32BE(0);
    if (size > MAX_RECORD || rest.length < OVERHEAD + size) return undefined;
    if (Number(rest.readBigUInt64BE(4)) !== this.#records + 1) return undefined;
    const record = rest.subarray(0, OVERHEAD + size);
    const content = this.#open(record, size, this.#tag);
    const overwritten =
      this.#end < namedEnd && record.subarray(HEADER_SIZE, SEALED_AT + size).every((b) => b === 0);
    if (content === undefined && !overwritten) return undefined;
    const ref = { offset: this.#end, size, previous: this.#tag };
    this.#advance(record.length, record.subarray(SEALED_AT + size));
    return { ref, content };
  }

  #open(record: Buffer, size: number, previous: Buffer): Buffer | undefined {
    if (record.readUInt32BE(0) !== size) return undefined;
    const nonce = record.subarray(HEADER_SIZE, SEALED_AT);
    return gcmOpen(this.#key, nonce, associated(record, previous), record.subarray(SEALED_AT));
  }

  #advance(size: number, tag: Buffer): void {
    this.#end += size;
    this.#records += 1;
    this.#tag = Buffer.from(tag);
  }
}

const associated = (record: Buffer, previous: Buffer): Buffer =>
  Buffer.concat([record.subarray(0, HEADER_SIZE), previous]);

/** The first record's number is in its associated data, so it need not be known beforehand. */
const firstNumber = (bytes: Buffer): number =>
  bytes.length < HEADER_SIZE ? 1 : Number(bytes.readBigUInt64BE(4));
