/** Everything of this folder that a front needs, opened and closed in the order that makes it right. */
import { type Clock, systemClock } from '../core/clock.ts';
import type { Store } from '../store/contract.ts';
import type { EncodedEvent, EventFacts } from './contract.ts';
import { CounterSessions } from './counter-sessions.ts';
import { type Derived, type LastUsage, openDerived } from './derived.ts';
import { createEncoder } from './event.ts';
import { type FileJournal, type JournalOptions, openJournal } from './journal.ts';
import { type Home, lockholmEvent } from './lockholm-event.ts';
import { Outbox, type Replayed, replayOutbox } from './outbox.ts';
import { resumeWhenPossible } from './resume.ts';

export interface AuditOptions extends JournalOptions {
  readonly folder: string;
  readonly store: Store;
  /** The account and Region that events of the whole node belong to. */
  readonly home: Home;
}

export interface Audit {
  readonly encodeEvent: (facts: EventFacts) => EncodedEvent;
  readonly journal: FileJournal;
  readonly outbox: Outbox;
  readonly sessions: CounterSessions;
  readonly lastUsage: LastUsage;
  /** Time of the last entry that an earlier run left, ms since the epoch; 0 when there is none. */
  readonly lastTimeFound: number;
  readonly replayed: Replayed;
  /** Engine sessions of a front that was killed, now closed. */
  readonly leftOpen: readonly string[];
  close(): Promise<void>;
}

/** Rejects with JournalError or StoreError; nothing is served before it resolves. */
export async function openAudit(options: AuditOptions): Promise<Audit> {
  const { clock = systemClock } = options;
  const journal = await openJournal(options.folder, options);
  try {
    const lastTimeFound = journal.lastTime;
    const parts = { ...options, journal };
    const encodeEvent = createEncoder(options.node);
    const replayed = await replayOutbox(parts);
    const derived = await openDerived(parts);
    await tellOfMissing(derived, { journal, encodeEvent, home: options.home, clock });
    const sessions = new CounterSessions({ ...parts, clock, encodeEvent, view: derived.counters });
    const leftOpen = await sessions.endLeftOpen();
    const outbox = new Outbox(parts);
    const stopTrying = resumeWhenPossible({ ...parts, clock, encodeEvent });
    const close = async () => {
      stopTrying();
      await sessions.settled();
      await outbox.close();
      await derived.close();
      await journal.close();
    };
    return {
      encodeEvent,
      journal,
      outbox,
      sessions,
      lastUsage: derived.lastUsage,
      lastTimeFound,
      replayed,
      leftOpen,
      close,
    };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

interface Telling extends Pick<Audit, 'encodeEvent' | 'journal'> {
  readonly home: Home;
  readonly clock: Clock;
}

/** The journal itself says where it was cut short, so that nobody reads it as whole. */
async function tellOfMissing(
  derived: Derived,
  { journal, encodeEvent, home, clock }: Telling,
): Promise<void> {
  const { missingEntries } = derived;
  if (missingEntries === 0) return;
  await journal.append(encodeEvent(lockholmEvent('JournalCutShort', home, clock.now(), { missingEntries })));
}
