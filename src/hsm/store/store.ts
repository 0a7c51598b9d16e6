/**
 * Log and superblock together. Each record is durable, and known to the superblock, before `append` returns. Until
 * `open` or `begin` gave it the storage key, only what the superblock says can be read.
 */
import type { KeyObject } from 'node:crypto';
import { AES_KEY_SIZE } from '../keys.ts';
import { newAesKey } from '../message-cipher.ts';
import { HsmError } from '../protocol/errors.ts';
import { eraseFile, zeroAt, zeroBefore } from './file.ts';
import { Log, type LogRecord, type RecordRef } from './log.ts';
import { isAuthentic, readSlot, SUPERBLOCK_VERSION, type Superblock, writeSlot } from './superblock.ts';

export interface StoreFiles {
  readonly log: number;
  readonly slotA: number;
  readonly slotB: number;
}
export interface AuditHead {
  readonly sequence: number;
  readonly hash: string;
}
export type Facts = Omit<Superblock, 'mac' | 'version' | 'generation' | 'log' | 'audit'>;

export class Store {
  readonly #files: StoreFiles;
  readonly #audit: () => AuditHead;
  #block: Superblock | undefined;
  #storageKey: KeyObject | undefined;
  #log: Log | undefined;
  /** A slot was damaged and is to be written anew. */
  readonly damaged: boolean;
  /** The other slot is from before the store was written anew, which was cut. */
  readonly #unfinished: boolean;
  #authentic = false;

  /** `audit`: where the audit log ends, to be put down with each write. */
  constructor(files: StoreFiles, audit: () => AuditHead) {
    this.#files = files;
    this.#audit = audit;
    const slots = [readSlot(files.slotA), readSlot(files.slotB)] as const;
    const [a, b] = slots;
    this.#block = a === undefined || (b !== undefined && b.generation > a.generation) ? b : a;
    this.damaged = this.#block !== undefined && slots.includes(undefined);
    this.#unfinished = a !== undefined && b !== undefined && a.log.start !== b.log.start;
  }

  /** What is known without the storage key; undefined when nothing was ever stored. */
  get facts(): Superblock | undefined {
    return this.#block;
  }

  /** Whether `facts` are as this HSM wrote them: known once the storage key was there. */
  get authentic(): boolean {
    return this.#authentic;
  }

  /** Throws `state`. */
  get log(): Log {
    this.requireOpen();
    return this.#log as Log;
  }

  /** Throws `state`. */
  requireOpen(): void {
    if (this.#log === undefined) throw new HsmError('state', 'the store is not open');
  }

  /** Throws `tampered`. `passed` is told the number and tag of every record. */
  open(storageKey: KeyObject, passed: (records: number, tag: Buffer) => void): readonly LogRecord[] {
    const block = this.#block;
    if (block === undefined || !isAuthentic(block, storageKey))
      throw new HsmError('tampered', 'the superblock is not as it was written');
    this.#authentic = true;
    const { log, records } = Log.read(this.#files.log, storageKey, block.log, passed);
    this.#storageKey = storageKey;
    this.#log = log;
    this.#finish(block);
    return records;
  }

  /** Lets go of the key. */
  close(): void {
    this.#storageKey = undefined;
    this.#log = undefined;
  }

  append(content: Uint8Array): RecordRef {
    const { end } = this.log;
    const ref = this.log.append(content);
    try {
      if (this.#block !== undefined) this.#writeNext(this.#block);
    } catch (error) {
      // The next record takes its place, as if it had never been.
      this.log.back(end);
      throw error;
    }
    return ref;
  }

  /** The end of the audit log is put down, without a record. */
  noteAudit(): void {
    const block = this.#block;
    if (block === undefined || this.#log === undefined || block.audit.hash === this.#audit().hash) return;
    this.#writeNext(block);
  }

  /** Changes facts that do not concern the storage key. */
  update(facts: Partial<Omit<Facts, 'wraps'>>): void {
    if (this.#block !== undefined) this.#writeBoth({ ...this.#block, ...facts });
  }

  /**
   * Writes everything anew under a new storage key, which only `wrapsOf` gets to see, and then overwrites what was there
   * under the old one. `contents` in the order of the places returned.
   */
  rewrite(
    facts: Omit<Facts, 'wraps'>,
    wrapsOf: (storageKey: KeyObject) => Facts['wraps'],
    contents: readonly Uint8Array[],
  ): readonly RecordRef[] {
    const storageKey = newAesKey(AES_KEY_SIZE);
    const old = this.#log?.end;
    const log = Log.begin(this.#files.log, storageKey, old?.end ?? 0, old?.records ?? 0);
    const refs = contents.map((content) => log.append(content));
    const before = { storageKey: this.#storageKey, log: this.#log };
    this.#storageKey = storageKey;
    this.#log = log;
    const generation = this.#block?.generation ?? 0;
    try {
      this.#writeNext({ ...facts, version: SUPERBLOCK_VERSION, generation, wraps: wrapsOf(storageKey) });
    } catch (error) {
      // The other slot has what was there before, and goes on with its key.
      this.#storageKey = before.storageKey;
      this.#log = before.log;
      throw error;
    }
    this.#authentic = true;
    if (this.#block !== undefined) this.#writeNext(this.#block);
    if (old !== undefined) zeroAt(this.#files.log, old.start, old.end - old.start);
    return refs;
  }

  /** Erases all of it; a superblock that says so is left. */
  zeroize(): void {
    const { clusterId = '', hsmId = '' } = this.#block ?? {};
    this.close();
    for (const fd of [this.#files.log, this.#files.slotA, this.#files.slotB]) eraseFile(fd);
    const gone = { start: 0, end: 0, records: 0, tag: Buffer.alloc(16) };
    const rest = {
      lockedKey: Buffer.alloc(0),
      lockedCertificate: '',
      opensWith: Buffer.alloc(0),
      clusterCertificate: '',
      trustAnchor: '',
    };
    const facts = { clusterId, hsmId, mode: 0, tamperAnswer: 0, zeroized: true, wraps: [], ...rest };
    const block = { ...facts, version: SUPERBLOCK_VERSION, generation: 1, log: gone, audit: this.#audit() };
    for (const fd of [this.#files.slotA, this.#files.slotB]) writeSlot(fd, block, undefined);
    this.#block = readSlot(this.#files.slotA);
  }

  /** What a cut left undone. Where there is no room for it now, the next start does it. */
  #finish(block: Superblock): void {
    try {
      if (this.damaged || this.#unfinished) this.#writeBoth(block);
      // Of a store that was written anew: what is under the old key.
      zeroBefore(this.#files.log, block.log.start);
    } catch (error) {
      if (!(error instanceof HsmError)) throw error;
    }
  }

  #writeNext(facts: Omit<Superblock, 'mac' | 'log' | 'audit'>): void {
    const generation = facts.generation + 1;
    const block = { ...facts, generation, log: this.log.end, audit: this.#audit() };
    const slot = generation % 2 === 0 ? this.#files.slotA : this.#files.slotB;
    this.#block = writeSlot(slot, block, this.#storageKey);
  }

  #writeBoth(facts: Omit<Superblock, 'mac' | 'log' | 'audit'>): void {
    this.#writeNext(facts);
    if (this.#block !== undefined) this.#writeNext(this.#block);
  }
}
