/**
 * The domain state of this server: read at the start, held against the journal, brought to engines that lost it,
 * and changed one step at a time. Each change is proposed by the slow engine, stored by compare-and-set with its
 * journal entry, and in force only then (docs/formats/domain-state.md).
 */
import type { EncodedEvent } from '../../audit/contract.ts';
import type { Lane } from '../../engine/protocol/ipc.ts';
import type { Log } from '../../engine/protocol/log.ts';
import { whereFrom } from '../../engine/protocol/log.ts';
import { type Engine, EngineError, type ReplyOf } from '../../engine/protocol/messages.ts';
import { type Store, StoreError } from '../../store/contract.ts';
import type { Rows } from '../../store/rows-contract.ts';
import { commitWithEvent, type EventParts, ownEvent } from '../own-event.ts';
import { alteredState, lostState, staleState, stateRefused } from './errors.ts';
import { type RecordedState, RecordedStates, recordedSince, STATE_EVENT } from './recorded-state.ts';
import { encodeState, readState, type SealedState, type StoredState, sealedHash } from './state-row.ts';
import { guardTokens } from './token-guard.ts';

export interface DomainParts extends EventParts {
  /** The store itself, not the guarded one. */
  readonly store: Store;
  readonly engine: Engine;
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
export type StateReason = 'created' | 'rotated' | 'retired' | 'restored' | 'found';

const MARK_MS = 1000;

export class Domain {
  /** The store for everything but the domain state: see token-guard.ts. */
  readonly guardedStore: Store;
  readonly #parts: DomainParts;
  #inForce: DomainFacts | undefined;
  #recorded: RecordedStates | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #marks: NodeJS.Timeout | undefined;

  constructor(parts: DomainParts) {
    this.#parts = parts;
    this.guardedStore = guardTokens(parts.store, this);
  }

  /** Throws when the domain has not started. */
  get inForce(): DomainFacts {
    if (this.#inForce === undefined) throw new Error('the domain state is not loaded yet');
    return this.#inForce;
  }

  /**
   * Makes a new store's first state, or loads the stored one. Rejects with DomainError when it is not the one that
   * the journal knows as the last. `restored`: the store was put back on purpose, as this checks when the state is
   * loaded; then the next state is one after the journal's last.
   */
  async start(rows: Rows, restored?: () => Promise<void>): Promise<void> {
    const { store, journal, node } = this.#parts;
    const recorded = new RecordedStates(rows, journal, node);
    this.#recorded = recorded;
    const stored = await readState(store);
    if (stored === undefined) await this.#create();
    else {
      await this.#load(stored);
      await restored?.();
      await this.#compare(stored, await recorded.read(), restored !== undefined);
    }
    this.#marks = setInterval(() => void this.#saveMark(), MARK_MS).unref();
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
    clearInterval(this.#marks);
    await this.#turn.catch(() => undefined);
  }

  async #create(): Promise<void> {
    const { engine, journal } = this.#parts;
    const { epoch: known } = await recordedSince(journal);
    if (known > 0) throw lostState(known);
    const { blob, epoch } = await engine.call('createDomain', {});
    await this.#change('created', { blob: Buffer.from(blob), epoch });
  }

  async #compare(stored: StoredState, recorded: RecordedState, restored: boolean): Promise<void> {
    const sha256 = sealedHash(stored);
    if (stored.epoch === recorded.epoch && sha256 === recorded.sha256) return;
    if (stored.epoch > recorded.epoch) return this.#record(stored);
    if (!restored) throw staleState(stored.epoch, recorded.epoch);
    await this.#rotate('restored', recorded.epoch + 1);
  }

  async #rotate(reason: StateReason, minimumEpoch: number): Promise<DomainFacts> {
    const { blob, epoch } = await this.#parts.engine.call('rotateDomainKey', { minimumEpoch });
    return this.#change(reason, { blob: Buffer.from(blob), epoch });
  }

  async #change(reason: StateReason, proposed: SealedState): Promise<DomainFacts> {
    const next = { ...proposed, version: (this.#inForce?.version ?? 0) + 1 };
    try {
      await commitWithEvent(this.#parts, this.#event(reason, next), (event) =>
        this.#parts.store.commit({ put: [encodeState(next, next.version)], event }),
      );
    } catch (error) {
      if (error instanceof StoreError && error.code === 'conflict') await this.#refreshNow();
      throw error;
    }
    this.#recorded?.note({ epoch: next.epoch, sha256: sealedHash(next) });
    return this.#load(next);
  }

  async #refreshNow(): Promise<boolean> {
    const stored = await readState(this.#parts.store);
    if (stored === undefined || stored.version === this.#inForce?.version) return false;
    await this.#record(stored);
    await this.#load(stored);
    return true;
  }

  /**
   * An entry for a state that the journal may not know yet, before it takes effect: of another front, of a change
   * whose outcome stayed unknown here, or because the journal was begun anew.
   */
  async #record(stored: StoredState): Promise<void> {
    await this.#parts.journal.append(this.#event('found', stored));
    this.#recorded?.note({ epoch: stored.epoch, sha256: sealedHash(stored) });
  }

  /** The row's word for the epoch is worth nothing until the engine has found the same one under the seal. */
  async #load(stored: StoredState): Promise<DomainFacts> {
    const { engine } = this.#parts;
    await this.#bring(stored);
    const { epoch, domainKeys, currentDomainKey } = await engine.call('describeDomain', {});
    if (epoch !== stored.epoch) throw alteredState(stored.epoch, epoch);
    this.#inForce = { ...stored, currentKey: currentDomainKey, keys: domainKeys };
    return this.#inForce;
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

  async #saveMark(): Promise<void> {
    const recorded = this.#recorded;
    if (recorded?.behind !== true) return;
    await this.#inTurn(() => recorded.save()).catch((error: unknown) => {
      this.#parts.log('domain-mark-not-saved', whereFrom(error));
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => undefined);
    return next;
  }
}
