/** The sessions that are open, and the last number of each material in them, as the journal tells it. */
import type { Json, JsonObject } from '../core/json.ts';
import type { Store } from '../store/contract.ts';
import { type Counter, counterEventOf } from './counter-events.ts';
import { type DerivedChange, scanDerived } from './derived-rows.ts';
import type { EntryFacts } from './entry.ts';

interface Session {
  readonly lane: string;
  readonly counters: Map<string, Counter>;
  /** Materials whose rows are behind. */
  changed: Set<string>;
}

export interface OpenSession {
  readonly session: string;
  readonly lane: string;
}

export class CountersView {
  readonly #sessions = new Map<string, Session>();
  /** Closed since the rows were written. */
  #closed: string[] = [];
  /** What the last `leave` took away, in case that it is refused. */
  #leaving:
    | { readonly closed: readonly string[]; readonly changed: ReadonlyMap<Session, Set<string>> }
    | undefined;
  readonly #node: string;

  constructor(node: string) {
    this.#node = node;
  }

  get open(): readonly OpenSession[] {
    return [...this.#sessions].map(([session, { lane }]) => ({ session, lane }));
  }

  counters(session: string): readonly Counter[] {
    return [...(this.#sessions.get(session)?.counters.values() ?? [])];
  }

  apply(facts: EntryFacts): void {
    for (const { session, materialId, keyArn, counter } of facts.uses) {
      const open = this.#sessions.get(session);
      const known = open?.counters.get(materialId);
      if (open === undefined || (known !== undefined && known.last >= counter)) continue;
      open.counters.set(materialId, { keyArn, materialId, last: counter });
      open.changed.add(materialId);
    }
    const event = facts.type === 'LockholmEvent' ? counterEventOf(facts) : undefined;
    if (event?.kind === 'opened') this.begin(event);
    else if (event?.closed === true && this.#sessions.delete(event.session)) this.#closed.push(event.session);
  }

  /** Knows a session as open. */
  begin({ session, lane }: OpenSession): void {
    if (!this.#sessions.has(session)) {
      this.#sessions.set(session, { lane, counters: new Map(), changed: new Set() });
    }
  }

  /** Takes up what the rows say of the sessions that have begun. */
  async load(store: Store): Promise<void> {
    for (const [session, { counters }] of this.#sessions) {
      for await (const { id, value } of scanDerived(store, this.#prefix(session))) {
        const materialId = id.slice(this.#prefix(session).length);
        const { key, last } = value;
        if (typeof key === 'string' && typeof last === 'number')
          counters.set(materialId, { keyArn: key, materialId, last });
      }
    }
  }

  async leave(store: Store): Promise<readonly DerivedChange[]> {
    const changed = new Map<Session, Set<string>>();
    const changes: DerivedChange[] = [];
    for (const [session, open] of this.#sessions) {
      for (const materialId of open.changed) {
        const counter = open.counters.get(materialId);
        const value = counter && { key: counter.keyArn, last: counter.last };
        if (value !== undefined) changes.push([this.#prefix(session) + materialId, value]);
      }
      changed.set(open, open.changed);
      open.changed = new Set();
    }
    const closed = this.#closed;
    this.#closed = [];
    this.#leaving = { closed, changed };
    for (const session of closed) {
      for await (const { id } of scanDerived(store, this.#prefix(session))) changes.push([id, undefined]);
    }
    return changes;
  }
  written(): void {
    this.#leaving = undefined;
  }
  refused(): void {
    const { closed, changed } = this.#leaving ?? { closed: [], changed: new Map<Session, Set<string>>() };
    this.#closed = [...closed, ...this.#closed];
    for (const [open, materials] of changed) open.changed = open.changed.union(materials);
    this.#leaving = undefined;
  }

  /** For the row that says how far the rows go. */
  toJson(): Json {
    return this.open.map(({ session, lane }) => [session, lane]);
  }

  #prefix(session: string): string {
    return `counter/${this.#node}/${session}/`;
  }
}

export function parseOpenSessions(row: JsonObject): readonly OpenSession[] {
  if (!Array.isArray(row.open)) return [];
  return row.open.map(([session, lane]) => ({ session: String(session), lane: String(lane) }));
}
