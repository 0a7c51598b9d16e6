/** Opens and closes the counters of engine sessions in the journal. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import type { EncodedEvent, EventFacts } from './contract.ts';
import { sessionClosed, sessionOpened } from './counter-events.ts';
import type { CountersView } from './counters.ts';
import type { FileJournal } from './journal.ts';
import type { Home } from './lockholm-event.ts';

export interface CounterSessionsParts {
  readonly journal: Pick<FileJournal, 'append' | 'settled'>;
  readonly encodeEvent: (facts: EventFacts) => EncodedEvent;
  readonly view: CountersView;
  readonly home: Home;
  readonly clock: Clock;
}

export class CounterSessions {
  readonly #parts: CounterSessionsParts;
  readonly #underWay = new Set<Promise<void>>();
  /** What was called before `begin`, in order; undefined once that is done. */
  #early: (() => Promise<void>)[] | undefined = [];

  constructor(parts: CounterSessionsParts) {
    this.#parts = parts;
  }

  /** MUST be called before a use in this session is appended. */
  opened(session: string, lane: string): Promise<void> {
    const { home, clock } = this.#parts;
    return this.#soon(() => this.#append([sessionOpened(home, clock.now(), session, lane)]));
  }

  /** The engine died, or ended: closes its counters with the last numbers in the journal. */
  ended(session: string): Promise<void> {
    return this.#soon(() => this.#end(session));
  }

  /** Resolves when what was called until now is in the journal or refused: MUST come before the journal is closed. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /**
   * Once what the last run left in the outbox is journalled, before any use in a session of this run: closes the
   * sessions of a front that was killed, then opens those that engines have begun meanwhile. Resolves with those
   * that were closed.
   */
  async begin(): Promise<readonly string[]> {
    const left = this.#parts.view.open.map(({ session }) => session);
    for (const session of left) await this.#end(session);
    const early = this.#early ?? [];
    this.#early = undefined;
    await Promise.all(early.map((work) => work()));
    return left;
  }

  /** At once, or with `begin`: an engine opens its session before rows can be checked, and the outbox comes first. */
  #soon(work: () => Promise<void>): Promise<void> {
    if (this.#early === undefined) return this.#track(work());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#early.push(() => this.#track(work()).then(resolve, reject));
    return promise;
  }

  async #end(session: string): Promise<void> {
    const { journal, view, home, clock } = this.#parts;
    // The uses whose answers came before the end count: what waits for an answer appends within the turn.
    await turn();
    await journal.settled();
    await this.#append(sessionClosed(home, clock.now(), session, view.counters(session)));
  }

  async #append(events: readonly EventFacts[]): Promise<void> {
    const { journal, encodeEvent } = this.#parts;
    await Promise.all(events.map((facts) => journal.append(encodeEvent(facts))));
  }

  #track(work: Promise<void>): Promise<void> {
    this.#underWay.add(work);
    const done = () => this.#underWay.delete(work);
    work.then(done, done);
    return work;
  }
}
