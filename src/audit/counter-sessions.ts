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
  constructor(parts: CounterSessionsParts) {
    this.#parts = parts;
  }

  /** MUST be called before a use in this session is appended. */
  opened(session: string, lane: string): Promise<void> {
    const { home, clock } = this.#parts;
    return this.#track(this.#append([sessionOpened(home, clock.now(), session, lane)]));
  }

  /** The engine died, or ended: closes its counters with the last numbers in the journal. */
  ended(session: string): Promise<void> {
    return this.#track(this.#end(session));
  }

  /** Resolves when what was called until now is in the journal or refused: MUST come before the journal is closed. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** At start, before any session is opened: closes those of a front that was killed. */
  async endLeftOpen(): Promise<readonly string[]> {
    const left = this.#parts.view.open.map(({ session }) => session);
    for (const session of left) await this.ended(session);
    return left;
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
