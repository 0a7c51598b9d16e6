/** Whether every use of every key is in a journal: what `lockholm audit verify` asks of the counters. */
import type { JournalEntry } from './contract.ts';
import { counterEventOf } from './counter-events.ts';
import { entryFacts } from './entry.ts';

export interface CounterGap {
  readonly session: string;
  readonly materialId: string;
  /** The first and the last number that are missing. */
  readonly from: number;
  readonly to: number;
}

export interface CounterReport {
  readonly uses: number;
  readonly sessions: number;
  /** Uses that were counted, but are not in the journal. */
  readonly gaps: readonly CounterGap[];
  /** Numbers that come twice. */
  readonly repeated: readonly { readonly session: string; readonly materialId: string; readonly n: number }[];
  /** Uses after the number with which their counter was closed. */
  readonly late: readonly { readonly session: string; readonly materialId: string; readonly n: number }[];
  /** Sessions whose opening is not in what was read: their first numbers cannot be checked. */
  readonly unopened: readonly string[];
  readonly open: readonly string[];
}

class Session {
  opened = false;
  closed = false;
  readonly numbers = new Map<string, Numbers>();

  of(materialId: string): Numbers {
    const known = this.numbers.get(materialId) ?? new Numbers();
    this.numbers.set(materialId, known);
    return known;
  }
}

/** Events are journalled a little out of order: numbers wait in a set until the ones before them have come. */
class Numbers {
  readonly #waiting = new Set<number>();
  #upTo = 0;
  last = 0;
  closedAt: number | undefined;

  /** Whether the number is new. */
  add(n: number): boolean {
    if (n <= this.#upTo || this.#waiting.has(n)) return false;
    this.last = Math.max(this.last, n);
    this.#waiting.add(n);
    while (this.#waiting.delete(this.#upTo + 1)) this.#upTo += 1;
    return true;
  }

  /** Ranges that are missing between the first number and the last one known of. */
  missing(fromOne: boolean): readonly (readonly [from: number, to: number])[] {
    const seen = [...this.#waiting].sort((a, b) => a - b);
    const end = Math.max(this.last, this.closedAt ?? 0) + 1;
    const ranges: [number, number][] = [];
    let next = fromOne || this.#upTo > 0 ? this.#upTo + 1 : (seen[0] ?? end);
    for (const n of [...seen, end]) {
      if (n > next) ranges.push([next, n - 1]);
      next = n + 1;
    }
    return ranges;
  }
}

export async function checkCounters(entries: AsyncIterable<JournalEntry>): Promise<CounterReport> {
  const sessions = new Map<string, Session>();
  const session = (id: string): Session => {
    const known = sessions.get(id) ?? new Session();
    sessions.set(id, known);
    return known;
  };
  const repeated: { session: string; materialId: string; n: number }[] = [];
  let uses = 0;
  for await (const entry of entries) {
    const facts = entryFacts(entry);
    for (const use of facts.uses) {
      uses += 1;
      const { materialId, counter: n } = use;
      if (!session(use.session).of(materialId).add(n)) repeated.push({ session: use.session, materialId, n });
    }
    const event = counterEventOf(facts);
    if (event === undefined) continue;
    const named = session(event.session);
    if (event.kind === 'opened') named.opened = true;
    else {
      for (const [materialId, last] of event.counters) named.of(materialId).closedAt = last;
      if (event.closed) named.closed = true;
    }
  }
  return { uses, sessions: sessions.size, repeated, ...judge(sessions) };
}

function judge(
  sessions: ReadonlyMap<string, Session>,
): Pick<CounterReport, 'gaps' | 'late' | 'unopened' | 'open'> {
  const gaps: CounterGap[] = [];
  const late: { session: string; materialId: string; n: number }[] = [];
  for (const [session, { opened, numbers }] of sessions) {
    for (const [materialId, counted] of numbers) {
      const { last, closedAt } = counted;
      for (const [from, to] of counted.missing(opened)) gaps.push({ session, materialId, from, to });
      if (closedAt !== undefined && last > closedAt) late.push({ session, materialId, n: last });
    }
  }
  const named = [...sessions];
  return {
    gaps,
    late,
    unopened: named.filter(([, { opened }]) => !opened).map(([session]) => session),
    open: named.filter(([, { closed }]) => !closed).map(([session]) => session),
  };
}
