/**
 * The outbox: an event that takes effect together with rows is written with them in one transaction, then appended
 * to the journal, then its outbox row is dropped, lazily. What a kill leaves between these steps is made good at
 * the next start, before anything else happens; what a refused append leaves, while the server runs.
 *
 * Whether the journal holds a row's event is found out by reading it from the *watermark* on: an index such that
 * no row in the outbox has its event before it. Why that holds: a row that was not in the outbox when it was read
 * at a time when the journal had `mark` entries was committed later, and appended later still, so at `mark` or
 * beyond. Hence `mark` may become the watermark once the outbox holds none of the rows that were read then.
 */
import { hash } from 'node:crypto';
import type { OutboxEvent, OutboxRow, Store } from '../store/contract.ts';
import { outboxFacts } from '../store/outbox-row.ts';
import { notAuthentic } from '../store/row-content.ts';
import type { RowAuthenticator } from '../store/rows-contract.ts';
import { readDerived, writeDerived } from './derived-rows.ts';
import { parseEnvelope } from './entry.ts';
import type { FileJournal } from './journal.ts';

export interface OutboxParts {
  readonly store: Store;
  readonly journal: Pick<FileJournal, 'append' | 'read' | 'size' | 'settled'>;
  readonly node: string;
  /** The domain state MUST be loaded before it is asked. */
  readonly authenticator: Pick<RowAuthenticator, 'verify'>;
  /** Hears of what will be tried again. */
  readonly report?: (error: Error) => void;
}

/** Rows read at once; with more than that in the outbox the watermark rests. */
const LIMIT = 5000;
const DROP_AFTER_MS = 200;
const DROP_AT = 500;
const SWEEP_MS = 5000;
/** The watermark is stored when it has moved so far: what a start may have to read in vain. */
const STEP = 20_000;

const rowId = (node: string): string => `outbox/${node}`;

export interface Replayed {
  readonly appended: number;
  readonly dropped: number;
}

/** MUST be done before the server answers anything. Rejects with RowError, JournalError or StoreError. */
export async function replayOutbox(parts: OutboxParts): Promise<Replayed> {
  const { store, journal, node } = parts;
  const stored = (await readDerived(store, rowId(node)))?.index;
  const watermark = typeof stored === 'number' ? stored : 0;
  let [appended, dropped] = [0, 0];
  for (;;) {
    const rows = (await store.outbox(LIMIT)).filter((row) => belongsTo(node, row));
    if (rows.length === 0) break;
    await checkAuthentic(rows, parts);
    const missing = await notHeld(journal, rows, watermark);
    await Promise.all(missing.map((row) => journal.append(row)));
    await store.dropOutbox(rows.map(({ id }) => id));
    appended += missing.length;
    dropped += rows.length - missing.length;
  }
  if (journal.size !== watermark) await writeDerived(store, [[rowId(node), { index: journal.size }]]);
  return { appended, dropped };
}

/** Throws RowError for a row that is no event: somebody else wrote it. */
function belongsTo(node: string, row: OutboxEvent): boolean {
  try {
    const envelope = parseEnvelope(row);
    if (envelope.id === row.id && envelope.body === hash('sha256', row.body, 'hex'))
      return envelope.node === node;
  } catch {
    // Refused below like any other row that is not as it was written.
  }
  throw notAuthentic(outboxFacts(row));
}

/** Throws RowError for a row that Lockholm did not write: its event may never have happened. */
async function checkAuthentic(
  rows: readonly OutboxRow[],
  { authenticator }: Pick<OutboxParts, 'authenticator'>,
): Promise<void> {
  const valid = await authenticator.verify(rows.map((row) => ({ ...outboxFacts(row), mac: row.mac })));
  for (const [i, row] of rows.entries()) if (valid[i] !== true) throw notAuthentic(outboxFacts(row));
}

async function notHeld(
  journal: OutboxParts['journal'],
  rows: readonly OutboxEvent[],
  watermark: number,
): Promise<readonly OutboxEvent[]> {
  const missing = new Map(rows.map((row) => [row.id, row]));
  for await (const { id } of journal.read(watermark)) missing.delete(id);
  return [...missing.values()];
}

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #report: (error: Error) => void;
  #dropping: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #sweeper: NodeJS.Timeout;
  #sweeping: Promise<void> | undefined;
  /** What the outbox held when it was last read, and how long the journal was just before. */
  #seen: { readonly ids: ReadonlySet<string>; readonly mark: number };
  #watermark: number;

  /** After `replayOutbox`. */
  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#report = parts.report ?? process.emitWarning;
    this.#watermark = parts.journal.size;
    this.#seen = { ids: new Set(), mark: this.#watermark };
    this.#sweeper = setInterval(() => void this.sweep(), SWEEP_MS).unref();
  }

  /** This event is durable in the journal: its row can go. */
  readonly journalled = (id: string): void => {
    this.#dropping.push(id);
    if (this.#dropping.length >= DROP_AT) void this.#drop();
    else this.#timer ??= setTimeout(() => void this.#drop(), DROP_AFTER_MS).unref();
  };

  /** Moves the watermark on, and appends what a refused append left behind. Never rejects. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep()
      .catch((error) => this.#report(new Error(`the outbox waits: ${String(error)}`, { cause: error })))
      .finally(() => {
        this.#sweeping = undefined;
      });
    return this.#sweeping;
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.#sweeping;
    await this.#drop();
  }

  async #drop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ids = this.#dropping;
    if (ids.length === 0) return;
    this.#dropping = [];
    try {
      await this.#parts.store.dropOutbox(ids);
    } catch (error) {
      // The sweep finds them in the outbox and in the journal.
      this.#report(new Error(`outbox rows were not dropped: ${String(error)}`, { cause: error }));
    }
  }

  async #sweep(): Promise<void> {
    const { store, journal, node } = this.#parts;
    await this.#drop();
    const mark = journal.size;
    const read = await store.outbox(LIMIT);
    const rows = read.filter((row) => belongsTo(node, row));
    const left = rows.filter(({ id }) => this.#seen.ids.has(id));
    if (left.length > 0) await this.#settle(left);
    else if (read.length < LIMIT) {
      await this.#moveTo(rows.length === 0 ? mark : this.#seen.mark);
      this.#seen = { ids: new Set(rows.map(({ id }) => id)), mark };
    }
  }

  /**
   * These were in the outbox a sweep ago, so their own appends were called long since. Once those have had their
   * outcome, what the journal does not hold was refused.
   */
  async #settle(left: readonly OutboxRow[]): Promise<void> {
    const { store, journal } = this.#parts;
    await checkAuthentic(left, this.#parts);
    await journal.settled();
    const missing = await notHeld(journal, left, this.#watermark);
    await Promise.all(missing.map((row) => journal.append(row)));
    await store.dropOutbox(left.map(({ id }) => id));
  }

  async #moveTo(mark: number): Promise<void> {
    if (mark - this.#watermark < STEP) return;
    await writeDerived(this.#parts.store, [[rowId(this.#parts.node), { index: mark }]]);
    this.#watermark = mark;
  }
}
