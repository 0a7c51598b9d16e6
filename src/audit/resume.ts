/**
 * A journal that was full is tried again by an event of its own: a server that says that it is not ready may get no
 * calls any more by which it could find that there is space again.
 */
import type { Clock } from '../core/clock.ts';
import type { EncodedEvent, EventFacts } from './contract.ts';
import type { FileJournal } from './journal.ts';
import { type Home, lockholmEvent } from './lockholm-event.ts';

export interface ResumeParts {
  readonly journal: Pick<FileJournal, 'append' | 'failure'>;
  readonly encodeEvent: (facts: EventFacts) => EncodedEvent;
  readonly home: Home;
  readonly clock: Clock;
  /** Milliseconds between attempts; default 1,000. */
  readonly everyMs?: number;
}

const EVERY_MS = 1_000;

/** Begins to watch, until the function that it answers is called. */
export function resumeWhenPossible({ journal, encodeEvent, home, clock, everyMs }: ResumeParts): () => void {
  let since: string | undefined;
  const attempt = async (): Promise<void> => {
    const now = clock.now();
    since ??= new Date(now).toISOString();
    try {
      await journal.append(encodeEvent(lockholmEvent('JournalResumed', home, now, { refusedSince: since })));
    } catch {
      // Still full: journal.failure says so, and the next attempt follows.
    }
  };
  const timer = setInterval(() => {
    if (journal.failure?.code === 'full') void attempt();
    else since = undefined;
  }, everyMs ?? EVERY_MS).unref();
  return () => clearInterval(timer);
}
