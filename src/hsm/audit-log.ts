/**
 * The audit log's file: its chain is checked at the start, and it is appended to before an answer leaves. Signatures are for
 * those who read it elsewhere: to check them here would take minutes, and whoever can write the file cannot make the
 * chain lead to the head that the store knows.
 */
import { hash } from 'node:crypto';
import { fstatSync, ftruncateSync } from 'node:fs';
import { auditLines } from './audit-lines.ts';
import {
  type AuditEntry,
  auditLine,
  FIRST_PREVIOUS,
  needsNoKey,
  type Opcode,
  readAuditLine,
} from './protocol/audit.ts';
import { HsmError } from './protocol/errors.ts';
import { readAt, writeAt } from './store/file.ts';
import type { AuditHead } from './store/store.ts';

export type AuditFacts = Pick<AuditEntry, 'user' | 'key' | 'details'> & { readonly result?: string };

const MAX_LINES = 500;
const MAX_READ = 512 * 1024;
const NEWLINE = 0x0a;
/** Of so many lines the place of the first is remembered. */
const STEP = 64;

export class AuditLog {
  readonly #fd: number;
  /** Where each first of STEP lines begins. */
  readonly #places: number[] = [];
  readonly #uses = new Map<string, number>();
  #lines = 0;
  #end = 0;
  #previous = FIRST_PREVIOUS;
  #boot = 0;
  #sign: ((signed: Buffer) => Buffer) | undefined;

  /** Throws `tampered` when the lines there do not follow from each other. */
  constructor(fd: number) {
    this.#fd = fd;
    for (const line of auditLines(fd)) this.#takeIn(line);
    if (this.#end < fstatSync(fd).size) ftruncateSync(fd, this.#end);
    this.#boot += 1;
  }

  /** Starts of the HSM so far. */
  get boot(): number {
    return this.#boot;
  }

  get head(): AuditHead {
    return { sequence: this.#lines, hash: this.#previous };
  }

  /** Uses of a key that earlier starts recorded. */
  usesBefore(handle: string): number {
    return this.#uses.get(handle) ?? 0;
  }

  /** The key that signs from here on; undefined: none is at hand. */
  signWith(sign: ((signed: Buffer) => Buffer) | undefined): void {
    this.#sign = sign;
  }

  /** Durable when this returns: the entry's number. Throws `full`; `state` for what has to be signed and cannot be. */
  write(opcode: Opcode, { result = 'ok', ...facts }: AuditFacts = {}): number {
    if (this.#sign === undefined && !needsNoKey(opcode))
      throw new HsmError('state', 'the HSM has no key to sign its audit log with');
    const sequence = this.#lines + 1;
    const entry = { sequence, boot: this.boot, time: Date.now(), opcode, result, ...facts };
    const line = Buffer.from(`${auditLine({ ...entry, previous: this.#previous }, this.#sign)}\n`);
    writeAt(this.#fd, this.#end, line);
    this.#count(line.subarray(0, -1));
    return sequence;
  }

  /** For what happens whether or not there is room to write it down. */
  note(opcode: Opcode, facts: AuditFacts): void {
    try {
      this.write(opcode, facts);
    } catch (error) {
      if (!(error instanceof HsmError)) throw error;
    }
  }

  /** Whether the log has the entry that the store knows of. */
  has({ sequence, hash: known }: AuditHead): boolean {
    if (sequence === 0) return true;
    const line = this.read(sequence, 1)[0];
    return line !== undefined && hash('sha256', line) === known;
  }

  read(first: number, limit: number): readonly string[] {
    const skip = (Math.max(first, 1) - 1) % STEP;
    const start = this.#places[(Math.max(first, 1) - 1 - skip) / STEP];
    if (start === undefined || limit === 0) return [];
    const text = readAt(this.#fd, start, Math.min(this.#end - start, MAX_READ));
    const lines = text.toString('utf8', 0, text.lastIndexOf(NEWLINE)).split('\n');
    return lines.slice(skip, skip + Math.min(limit, MAX_LINES));
  }

  #takeIn(line: Buffer): void {
    const entry = readAuditLine(line.toString());
    if (entry === undefined || entry.sequence !== this.#lines + 1 || entry.previous !== this.#previous)
      throw new HsmError('tampered', `the audit log is not as it was written (entry ${this.#lines + 1})`);
    this.#count(line);
    this.#boot = entry.boot;
    if (entry.opcode === 'KEY_USES' && entry.key !== undefined)
      this.#uses.set(entry.key, Number(entry.details?.total ?? 0));
  }

  #count(line: Buffer): void {
    if (this.#lines % STEP === 0) this.#places.push(this.#end);
    this.#lines += 1;
    this.#end += line.length + 1;
    this.#previous = hash('sha256', line);
  }
}
