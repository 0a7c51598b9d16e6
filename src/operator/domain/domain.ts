/**
 * The domain state of this server: read at the start, held against the journal, brought to engines that lost it,
 * and changed one step at a time. Each change is proposed by the slow engine, stored by compare-and-set with its
 * journal entry, and in force only then (docs/formats/domain-state.md).
 */
import type { EncodedEvent, Journal } from '../../audit/contract.ts';
import type { Lane } from '../../engine/protocol/ipc.ts';
import type { Log } from '../../engine/protocol/log.ts';
import { whereFrom } from '../../engine/protocol/log.ts';
import { type Engine, EngineError, type ReplyOf } from '../../engine/protocol/messages.ts';
import { type Store, StoreError } from '../../store/contract.ts';
import { engineAuthenticator } from '../../store/engine-authenticator.ts';
import { outboxRow } from '../../store/outbox-row.ts';
import type { RowAuthenticator, Rows } from '../../store/rows-contract.ts';
import { commitWithEvent, type EventParts, ownEvent } from '../own-event.ts';
import { alteredState, JOURNAL_LOST, lostState, staleState, stateRefused } from './errors.ts';
import {
  type RecordedState,
  RecordedStates,
  type RecordingJournal,
  recordedSince,
  STATE_EVENT,
} from './recorded-state.ts';
import { encodeState, readState, type SealedState, type StoredState, sealedHash } from './state-row.ts';
import { guardTokens } from './token-guard.ts';

export interface DomainParts extends EventParts {
  /** The store itself, not the guarded one. */
  readonly store: Store;
  readonly engine: Engine;
  readonly journal: Journal & RecordingJournal;
  /** Of the journal. */
  readonly node: string;
  readonly log: Log;
}

export interface DomainKeyFacts {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
}
export interface DomainFacts extends StoredState {
  readonly currentKey: number;
  readonly keys: readonly DomainKeyFacts[];
}
export type StateReason = 'created' | 'rotated' | 'retired' | 'restored' | 'found' | 'confirmed';

const TEND_MS = 1000;

export class Domain {
  /** The store for everything but the domain state: see token-guard.ts. */
  readonly guardedStore: Store;
  readonly #parts: DomainParts;
  readonly #authenticator: RowAuthenticator;
  #inForce: DomainFacts | undefined;
  #recorded: RecordedStates | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #tending: NodeJS.Timeout | undefined;

  constructor(parts: DomainParts) {
    this.#parts = parts;
    this.#authenticator = engineAuthenticator(parts.engine);
    this.guardedStore = guardTokens(parts.store, this);
  }

  /** Throws when the domain has not started. */
  get inForce(): DomainFacts {
    if (this.#inForce === undefined) throw new Error('the domain state is not loaded yet');
    return this.#inForce;
  }

  /**
   * Makes a new store's first state, or loads the stored one: from then on rows can be checked. Writes nothing to the
   * journal. Rejects with DomainError.
   */
  async load(): Promise<void> {
    const stored = (await readState(this.#parts.store)) ?? (await this.#create());
    this.#inForce = await this.#opened(stored);
  }

  /**
   * After `load`, once what the outbox held is journalled: rejects with DomainError when the state is not the one that
   * the journal knows as the last. `restored`: the store was put back on purpose; then the next state is one after
   * the journal's last.
   */
  async start(rows: Rows, restored = false): Promise<void> {
    const { journal, node } = this.#parts;
    this.#recorded = new RecordedStates(rows, journal, node);
    const recorded = await this.#recorded.read();
    if (recorded.epoch === 0 && !restored) await this.#recordFirst(rows);
    else await this.#compare(recorded, restored);
    await this.#tend();
    this.#tending = setInterval(() => void this.#tendLater(), TEND_MS).unref();
  }

  async settled(): Promise<DomainFacts> {
    await this.#turn;
    return this.inForce;
  }

  /**
   * Reads the stored state again, and loads it when it is another one: true. Another front may have changed it, or
   * this one may not know the outcome of its own change.
   */
  refresh(): Promise<boolean> {
    return this.#inTurn(() => this.#refreshNow());
  }

  /** To be called with each hello of a new pair: an engine may have lost the state, or never had it. */
  engineOpened(lane: Lane, hello: ReplyOf<'hello'>): void {
    const inForce = this.#inForce;
    if (lane !== 'slow' || inForce === undefined || hello.epoch >= inForce.epoch) return;
    // Not in turn: a change that is under way may be waiting for an engine to have this state.
    this.#bring(inForce).catch((error: unknown) => this.#parts.log('domain-not-loaded', whereFrom(error)));
  }

  /** A new current domain key; `minimumEpoch` as in the engine's message. */
  rotate(): Promise<DomainFacts> {
    return this.#inTurn(() => this.#rotate('rotated', 0));
  }

  /** Drops every domain key but `current`, which must be the current one: no token may be under the others. */
  retire(current: number): Promise<DomainFacts> {
    return this.#inTurn(async () => {
      if (this.inForce.currentKey !== current) throw new Error('the domain key was rotated meanwhile');
      const { blob, epoch } = await this.#parts.engine.call('retireDomainKeys', {});
      return this.#change('retired', { blob: Buffer.from(blob), epoch });
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#tending);
    await this.#turn.catch(() => undefined);
  }

  /** In force only when `start` has journalled it, like any state that a start finds without an entry. */
  async #create(): Promise<StoredState> {
    const { engine, journal, store } = this.#parts;
    const { epoch: known } = await recordedSince(journal);
    if (known > 0) throw lostState(known);
    const { blob, epoch } = await engine.call('createDomain', {});
    const first = { blob: Buffer.from(blob), epoch, version: 1 };
    await store.commit({ put: [encodeState(first, first.version)] });
    return first;
  }

  /** The journal tells of no state: the store is new, or the journal is. */
  async #recordFirst(rows: Rows): Promise<void> {
    const isNew = (await rows.scan('account', '', { limit: 1 })).length === 0;
    if (!isNew) this.#parts.log('journal-begun-anew', { message: JOURNAL_LOST });
    await this.#record(this.inForce, isNew ? 'created' : 'found');
  }

  async #compare(recorded: RecordedState, restored: boolean): Promise<void> {
    const stored = this.inForce;
    if (stored.epoch === recorded.epoch && sealedHash(stored) === recorded.sha256) return;
    if (stored.epoch > recorded.epoch) return this.#record(stored, 'found');
    if (!restored) throw staleState(stored.epoch, recorded.epoch);
    await this.#rotate('restored', recorded.epoch + 1);
  }

  async #rotate(reason: StateReason, minimumEpoch: number): Promise<DomainFacts> {
    const { blob, epoch } = await this.#parts.engine.call('rotateDomainKey', { minimumEpoch });
    return this.#change(reason, { blob: Buffer.from(blob), epoch });
  }

  async #change(reason: StateReason, proposed: SealedState): Promise<DomainFacts> {
    const { store, journal } = this.#parts;
    const next = { ...proposed, version: this.inForce.version + 1 };
    const at = journal.size;
    try {
      await commitWithEvent(this.#parts, this.#event(reason, next), async (event) =>
        store.commit({
          put: [encodeState(next, next.version)],
          event: await outboxRow(event, this.#authenticator),
        }),
      );
    } catch (error) {
      if (error instanceof StoreError && error.code === 'conflict') await this.#refreshNow();
      throw error;
    }
    this.#recorded?.note({ epoch: next.epoch, sha256: sealedHash(next), at });
    this.#inForce = await this.#opened(next);
    return this.#inForce;
  }

  async #refreshNow(): Promise<boolean> {
    const stored = await readState(this.#parts.store);
    if (stored === undefined || stored.version === this.#inForce?.version) return false;
    // First what the engines say of it: the journal takes no entry for a state that is none.
    const opened = await this.#opened(stored);
    await this.#record(stored, 'found');
    this.#inForce = opened;
    return true;
  }

  /**
   * An entry for a state that the journal does not know, before this front goes by it: of another front, of a change
   * whose outcome stayed unknown here, or because the journal was begun anew. Or one more for a state that it knows.
   */
  async #record(stored: StoredState, reason: StateReason): Promise<void> {
    const { journal } = this.#parts;
    const at = journal.size;
    await journal.append(this.#event(reason, stored));
    this.#recorded?.note({ epoch: stored.epoch, sha256: sealedHash(stored), at });
  }

  /** The row's word for the epoch is worth nothing until the engine has found the same one under the seal. */
  async #opened(stored: StoredState): Promise<DomainFacts> {
    const { engine } = this.#parts;
    await this.#bring(stored);
    const { epoch, domainKeys, currentDomainKey } = await engine.call('describeDomain', {});
    if (epoch !== stored.epoch) throw alteredState(stored.epoch, epoch);
    return { ...stored, currentKey: currentDomainKey, keys: domainKeys };
  }

  async #bring({ blob }: SealedState): Promise<void> {
    try {
      await this.#parts.engine.call('loadDomain', { blob });
    } catch (error) {
      throw error instanceof EngineError ? stateRefused(error) : error;
    }
  }

  #event(reason: StateReason, state: SealedState): EncodedEvent {
    return ownEvent(this.#parts, STATE_EVENT, { epoch: state.epoch, reason, sha256: sealedHash(state) });
  }

  /** Keeps the start quick, and an entry for the state in a segment that retention leaves. */
  async #tend(): Promise<void> {
    if (this.#recorded?.aging === true) await this.#record(this.inForce, 'confirmed');
    if (this.#recorded?.behind === true) await this.#recorded.save();
  }

  async #tendLater(): Promise<void> {
    if (this.#recorded?.aging !== true && this.#recorded?.behind !== true) return;
    await this.#inTurn(() => this.#tend()).catch((error: unknown) => {
      this.#parts.log('domain-mark-not-saved', whereFrom(error));
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => undefined);
    return next;
  }
}
