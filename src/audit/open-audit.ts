/**
 * Everything of this folder that a front needs, opened and closed in the order that makes it right: first what can be
 * read, then, once the domain state is loaded and rows can be checked, what the last run left to be done. Nothing is
 * written to the journal before.
 */
import { systemClock } from '../core/clock.ts';
import type { Store } from '../store/contract.ts';
import type { RowAuthenticator } from '../store/rows-contract.ts';
import type { EncodedEvent, EventFacts } from './contract.ts';
import { CounterSessions } from './counter-sessions.ts';
import { type LastUsage, openDerived } from './derived.ts';
import { createEncoder } from './event.ts';
import type { HandedOut } from './handed-out.ts';
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

export interface LeftUndone extends Replayed {
  /** Engine sessions of a front that was killed, now closed. */
  readonly leftOpen: readonly string[];
}

export interface Audit {
  readonly encodeEvent: (facts: EventFacts) => EncodedEvent;
  readonly journal: FileJournal;
  /** Told each event that was committed with rows, once the journal holds it. MUST NOT be called before `begin`. */
  readonly journalled: (eventId: string) => void;
  readonly sessions: CounterSessions;
  readonly lastUsage: LastUsage;
  /** What left under a key, by its ARN. */
  readonly handedOut: (keyArn: string) => Promise<HandedOut>;
  /** Time of the last entry that an earlier run left, ms since the epoch; 0 when there is none. */
  readonly lastTimeFound: number;
  /** How many entries the store knows of that the journal did not have when it was opened. */
  readonly missingEntries: number;
  /**
   * Does what the last run left undone. MUST be called once, when the domain state is loaded, before anything else
   * is journalled; nothing is served before it resolves. Rejects with RowError for an outbox row that Lockholm did
   * not write, with JournalError or StoreError.
   */
  begin(authenticator: Pick<RowAuthenticator, 'verify'>): Promise<LeftUndone>;
  close(): Promise<void>;
}

/** Rejects with JournalError or StoreError. */
export async function openAudit(options: AuditOptions): Promise<Audit> {
  const { clock = systemClock, home } = options;
  const journal = await openJournal(options.folder, options);
  try {
    const lastTimeFound = journal.lastTime;
    // Until the domain state says what it needs, nothing leaves the journal.
    journal.keepFrom(0);
    const encodeEvent = createEncoder(options.node);
    const parts = { ...options, journal, clock, encodeEvent };
    const derived = await openDerived(parts);
    const { lastUsage, missingEntries } = derived;
    const sessions = new CounterSessions({ ...parts, view: derived.counters });
    let outbox: Outbox | undefined;
    let stopTrying: () => void = () => undefined;
    return {
      encodeEvent,
      journal,
      journalled: (eventId) => outbox?.journalled(eventId),
      sessions,
      lastUsage,
      handedOut: derived.handedOut,
      lastTimeFound,
      missingEntries,
      async begin(authenticator) {
        const checked = { ...parts, authenticator };
        const replayed = await replayOutbox(checked);
        if (missingEntries > 0) {
          const facts = lockholmEvent('JournalCutShort', home, clock.now(), { missingEntries });
          await journal.append(encodeEvent(facts));
        }
        const leftOpen = await sessions.begin();
        outbox = new Outbox(checked);
        stopTrying = resumeWhenPossible(parts);
        return { ...replayed, leftOpen };
      },
      async close() {
        stopTrying();
        await sessions.settled();
        await outbox?.close();
        await derived.close();
        await journal.close();
      },
    };
  } catch (error) {
    await journal.close();
    throw error;
  }
}
