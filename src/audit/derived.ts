/**
 * What is derived from the journal while it grows: the last use of each key, what left under it, and the counters that
 * are open. Rows hold them up to a position; a start reads only what comes after it, and everything when the rows are
 * lost.
 */
import { type Clock, systemClock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import type { Store } from '../store/contract.ts';
import type { JournalEntry } from './contract.ts';
import { CountersView, parseOpenSessions } from './counters.ts';
import { type DerivedChange, readDerived, writeDerived } from './derived-rows.ts';
import { entryFacts, entryTime } from './entry.ts';
import { type HandedOut, HandedOutView } from './handed-out.ts';
import type { FileJournal } from './journal.ts';
import { type KeyUsage, LastUsageView } from './last-usage.ts';

export interface DerivedParts {
  readonly store: Store;
  readonly journal: Pick<FileJournal, 'read' | 'size' | 'first' | 'subscribe'>;
  readonly node: string;
  readonly clock?: Clock;
  /** Hears of rows that could not be written; it is tried again. */
  readonly report?: (error: Error) => void;
}

const WRITE_MS = 60_000;
/** What a start after a kill has to read at most, and what is kept in memory at most. */
const WRITE_ENTRIES = 200_000;
const WRITE_KEYS = 20_000;

const positionId = (node: string): string => `position/${node}`;

/** What `position` rows say: `open` sessions, and since when uses are tracked. */
interface Position {
  readonly index: number;
  readonly since: number;
}

export interface LastUsage {
  /** The last successful cryptographic use of a key. */
  readonly get: (keyArn: string) => Promise<KeyUsage | undefined>;
  /** Since when uses are tracked, ms since the epoch. */
  readonly trackingStart: number;
}

/** Reads the journal up to its end, before anything is appended. */
export async function openDerived(parts: DerivedParts): Promise<Derived> {
  const row = (await readDerived(parts.store, positionId(parts.node))) ?? {};
  const position = parsePosition(row);
  const derived = new Derived(parts, position ?? { index: 0, since: await firstTime(parts) });
  const lost = position !== undefined && position.index > parts.journal.size;
  await derived.catchUp(position === undefined || lost ? {} : row);
  // The first start is remembered, whatever happens next.
  if (position === undefined) await derived.write();
  return derived;
}

function parsePosition({ index, since }: JsonObject): Position | undefined {
  return typeof index === 'number' && typeof since === 'number' ? { index, since } : undefined;
}

async function firstTime({ journal, clock = systemClock }: DerivedParts): Promise<number> {
  for await (const entry of journal.read(journal.first)) return entryTime(entry);
  return clock.now();
}

export class Derived {
  readonly counters: CountersView;
  readonly lastUsage: LastUsage;
  /** What left under a key. */
  readonly handedOut: (keyArn: string) => Promise<HandedOut>;
  /**
   * How many entries the rows know of that the journal does not have: more than 0 means that a newer database lies
   * beside an older journal, or that its end was removed.
   */
  readonly missingEntries: number;
  readonly #parts: DerivedParts;
  readonly #lastUsage: LastUsageView;
  readonly #handedOut: HandedOutView;
  #applied: number;
  /** -1: nothing yet by this server. */
  #written = -1;
  #writing: Promise<void> | undefined;
  #unsubscribe: () => void = () => undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: DerivedParts, position: Position) {
    const { journal, node } = parts;
    this.#parts = parts;
    this.#lastUsage = new LastUsageView(node);
    this.counters = new CountersView(node);
    this.#handedOut = new HandedOutView(node);
    this.handedOut = (keyArn) => this.#handedOut.get(parts.store, keyArn);
    this.lastUsage = {
      get: (keyArn) => this.#lastUsage.get(parts.store, keyArn),
      trackingStart: position.since,
    };
    this.missingEntries = Math.max(0, position.index - journal.size);
    this.#applied = this.missingEntries > 0 ? 0 : position.index;
    this.#timer = setInterval(() => void this.write(), WRITE_MS).unref();
  }

  /** For openDerived alone: from the position row on, or from the journal's beginning where there is none. */
  async catchUp(row: JsonObject): Promise<void> {
    const { journal, store } = this.#parts;
    for (const session of parseOpenSessions(row)) this.counters.begin(session);
    await this.counters.load(store);
    if (this.#applied < journal.size) await this.#handedOut.load(store);
    while (this.#applied < journal.size) {
      for await (const entry of journal.read(this.#applied)) this.#apply(entry);
    }
    this.#handedOut.loaded();
    this.#unsubscribe = journal.subscribe((entry) => this.#apply(entry));
  }

  /** Writes the rows. Never rejects. */
  write(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#unsubscribe();
    await this.#writing;
    await this.write();
  }

  #apply(entry: JournalEntry): void {
    const facts = entryFacts(entry);
    this.#lastUsage.apply(facts);
    this.#handedOut.apply(entry, facts);
    this.counters.apply(facts);
    this.#applied = entry.index + 1;
    const keys = Math.max(this.#lastUsage.size, this.#handedOut.size);
    const due = this.#applied - this.#written >= WRITE_ENTRIES || keys >= WRITE_KEYS;
    if (due && this.#writing === undefined) void this.write();
  }

  /** Everything is taken in one turn, so that the position fits; its row comes last. */
  async #write(): Promise<void> {
    const { store, node, report = process.emitWarning } = this.#parts;
    const index = this.#applied;
    if (index === this.#written) return;
    const position: DerivedChange = [
      positionId(node),
      { index, since: this.lastUsage.trackingStart, open: this.counters.toJson() },
    ];
    const usage = this.#lastUsage.leave();
    const leaving = this.#handedOut.leave(store);
    try {
      const handedOut = await leaving;
      const counters = await this.counters.leave(store);
      await writeDerived(store, [...usage, ...handedOut, ...counters, position]);
      this.#lastUsage.written();
      this.#handedOut.written();
      this.counters.written();
      this.#written = index;
    } catch (error) {
      this.#lastUsage.refused();
      this.#handedOut.refused();
      this.counters.refused();
      report(
        new Error(`what is derived from the journal was not written: ${String(error)}`, { cause: error }),
      );
    }
  }
}
