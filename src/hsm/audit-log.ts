/** The audit log's file: read and checked at the start, appended to before an answer leaves. */
import { createHash } from 'node:crypto';
import { ftruncateSync } from 'node:fs';
import {
  type AuditEntry,
  auditLine,
  checkAudit,
  FIRST_PREVIOUS,
  lineHash,
  type Opcode,
} from './protocol/audit.ts';
import { HsmError } from './protocol/errors.ts';
import { readAt, readRest, writeAt } from './store/file.ts';
import type { AuditHead } from './store/store.ts';

export type AuditFacts = Pick<AuditEntry, 'user' | 'key' | 'details'> & { readonly result?: string };

const MAX_LINES = 500;
const MAX_READ = 512 * 1024;
const NEWLINE = 0x0a;

export class AuditLog {
  readonly #fd: number;
  /** Where each line begins, and where the next one will. */
  readonly #offsets: number[] = [0];
  #previous = FIRST_PREVIOUS;
  #sign: ((signed: Buffer) => Buffer) | undefined;
  readonly boot: number;
  /** Uses of each key that earlier starts recorded. */
  readonly uses: ReadonlyMap<string, number>;

  /** Throws `tampered` when the lines there do not follow from each other. */
  constructor(fd: number) {
    this.#fd = fd;
    const text = readRest(fd, 0);
    const end = text.lastIndexOf(NEWLINE) + 1;
    const lines = end === 0 ? [] : text.toString('utf8', 0, end - 1).split('\n');
    const { entries, problem } = checkAudit(lines);
    if (problem !== undefined || (entries[0]?.sequence ?? 1) !== 1)
      throw new HsmError('tampered', `the audit log is not as it was written (entry ${problem?.at ?? 1})`);
    if (end < text.length) ftruncateSync(fd, end);
    for (const line of lines) this.#count(line);
    this.boot = (entries.at(-1)?.boot ?? 0) + 1;
    this.uses = usesIn(entries);
  }

  get head(): AuditHead {
    return { sequence: this.#offsets.length - 1, hash: this.#previous };
  }

  /** The key that signs from here on; undefined: none is at hand. */
  signWith(sign: ((signed: Buffer) => Buffer) | undefined): void {
    this.#sign = sign;
  }

  /** Durable when this returns: the entry's number. */
  write(opcode: Opcode, { result = 'ok', ...facts }: AuditFacts = {}): number {
    const sequence = this.#offsets.length;
    const entry = { sequence, boot: this.boot, time: Date.now(), opcode, result, ...facts };
    const line = auditLine({ ...entry, previous: this.#previous }, this.#sign);
    writeAt(this.#fd, this.#end, Buffer.from(`${line}\n`));
    this.#count(line);
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
  has({ sequence, hash }: AuditHead): boolean {
    if (sequence === 0) return true;
    const line = this.read(sequence, 1)[0];
    return line !== undefined && lineHash(line) === hash;
  }

  read(first: number, limit: number): readonly string[] {
    const start = this.#offsets[Math.max(first, 1) - 1];
    if (start === undefined || start === this.#end || limit === 0) return [];
    const count = Math.min(limit, MAX_LINES);
    const end =
      this.#offsets[Math.min(Math.max(first, 1) - 1 + count, this.#offsets.length - 1)] ?? this.#end;
    const text = readAt(this.#fd, start, Math.min(end - start, MAX_READ));
    return text.toString('utf8', 0, text.lastIndexOf(NEWLINE)).split('\n');
  }

  get #end(): number {
    return this.#offsets.at(-1) ?? 0;
  }

  #count(line: string): void {
    this.#offsets.push(this.#end + Buffer.byteLength(line) + 1);
    this.#previous = createHash('sha256').update(line).digest('hex');
  }
}

function usesIn(entries: readonly AuditEntry[]): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const { opcode, key, details } of entries) {
    if (opcode === 'KEY_USES' && key !== undefined) uses.set(key, Number(details?.total ?? 0));
  }
  return uses;
}
