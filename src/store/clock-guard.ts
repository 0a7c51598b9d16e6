/**
 * Time can lie: a clock that runs ahead would destroy keys before their date. When the clock stands more than a day
 * past what is known to have happened, destructive jobs wait until an operator says that the clock is right. A
 * server that was off for more than a day looks exactly the same, so it asks too, as soon as something destructive
 * is due. The doubt is a row, so that neither a restart nor new journal entries make it go away; it goes away by
 * itself when the clock is set back to within a day of what was known.
 *
 * What is known is the later of the journal's last entry and the row's own mark: a journal that was taken away does
 * not make any clock believable. Where neither says anything, only a store without keys, that is a new one, believes.
 */
import { DAY_MS } from '../core/clock.ts';
import type { RowRef } from './contract.ts';
import { StoreError } from './contract.ts';
import type { Rows, RowsChange, Stored } from './rows-contract.ts';

/** Milliseconds since the epoch. */
export interface ClockDoubt {
  /** The last time that was known to be right; 0 when none is known. */
  readonly known: number;
  /** What the clock said when the doubt arose. */
  readonly seen: number;
}

interface GuardRow {
  readonly doubt: ClockDoubt | null;
  /** The last reading that was believed, at most an hour old, or that an operator confirmed; 0 when there is none. */
  readonly known: number;
}

const place: RowRef = { table: 'setting', id: 'clock-guard' };
/** The row is written so often, not with each reading. */
const MARK_MS = 3_600_000;

export interface ClockGuardOptions {
  readonly rows: Rows;
  /** Time of the journal's last entry, 0 when it is empty. MUST be asked before this run writes the first. */
  readonly lastTime: () => number;
}

export class ClockGuard {
  readonly #rows: Rows;
  /** What the clock said when it was last believed. 0: nothing is known yet. */
  #known: number;

  constructor({ rows, lastTime }: ClockGuardOptions) {
    this.#rows = rows;
    this.#known = lastTime();
  }

  /**
   * Undefined when `now`, a reading of the clock, is believed; what is done then MUST go by that reading. To be asked
   * often: each reading that is believed is what the next one is compared with.
   */
  async check(now: number): Promise<ClockDoubt | undefined> {
    const row = await this.#rows.get<GuardRow>(place.table, place.id);
    const { doubt = null, known: marked = 0 } = row?.value ?? {};
    if (doubt && now - doubt.known > DAY_MS) return doubt;
    const known = Math.max(this.#known, marked);
    if (doubt || now - known <= DAY_MS || (known === 0 && (await this.#isNew()))) {
      this.#known = now;
      if (doubt || Math.abs(now - marked) >= MARK_MS) await this.#write(row, { doubt: null, known: now });
      return undefined;
    }
    const raised = { known, seen: now };
    await this.#write(row, { doubt: raised, known: marked });
    return raised;
  }

  /**
   * An operator's word that `now`, a reading of the server's clock, is right. `commit` is for a caller that
   * commits its own event with the change.
   */
  async acknowledgeClock(
    now: number,
    commit: (change: RowsChange) => Promise<void> = (change) => this.#rows.commit(change),
  ): Promise<void> {
    const row = await this.#rows.get<GuardRow>(place.table, place.id);
    await commit(writing(row, { doubt: null, known: now }));
  }

  /** Nothing can be destroyed yet. */
  async #isNew(): Promise<boolean> {
    return (await this.#rows.scan('key', '', { limit: 1 })).length === 0;
  }

  /** Another front may have written the same: then its word stands, and is read next time. */
  async #write(row: Stored<GuardRow> | undefined, value: GuardRow): Promise<void> {
    try {
      await this.#rows.commit(writing(row, value));
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'conflict')) throw error;
    }
  }
}

const writing = (row: Stored<GuardRow> | undefined, value: GuardRow): RowsChange => ({
  put: [{ ...place, version: (row?.version ?? 0) + 1, value }],
});

/** For an operator: what is seen, what it may mean, what to do. */
export function explainDoubt({ known, seen }: ClockDoubt): string {
  const time = (ms: number) => new Date(ms).toISOString();
  const compared =
    known === 0
      ? 'and nothing tells whether that is right: the journal is empty, though there are keys'
      : `more than a day past ${time(known)}, the last time that is known`;
  return (
    `the clock stood at ${time(seen)}, ${compared}. Destructive jobs (such as deleting keys) wait. If the clock is ` +
    'right, as when the server was off that long, acknowledge it; if it is wrong, set it right: the jobs then go on ' +
    'by themselves'
  );
}
