/**
 * The connections of a connected store to the HSMs of its cluster. A call goes to the HSM with the least to do, and is done
 * again by another when the first dies, locks or hangs in the middle of it.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { HsmError, type HsmErrorCode } from '../../hsm/protocol/errors.ts';
import type { HsmClusters, HsmMember } from '../../kms/hsm-clusters.ts';
import type { KeyStoreRecord } from '../../kms/key-store.ts';
import { isRefusal } from './failures.ts';
import type { Login, Trusted } from './login.ts';
import { Member } from './member.ts';
import { NotConnected } from './not-connected.ts';

export type Warn = (event: string, facts: Readonly<Record<string, unknown>>) => void;

export interface PoolParts {
  readonly store: KeyStoreRecord;
  readonly clusters: HsmClusters;
  /** Held here, for as long as the store is connected, and nowhere else. */
  readonly password: string;
  readonly warn: Warn;
}

const REFRESH_MS = 250;
/** How long a call waits for an HSM, and how often it is begun. */
const PATIENCE_MS = 10_000;
/** The same where every HSM says that it does not serve: longer than until it is asked again (member.ts). */
const REFUSED_PATIENCE_MS = 1_500;
const MAX_TRIES = 5;
/** The HSM could not do it: another may. `not-allowed`: its session was ended. */
const passing: readonly HsmErrorCode[] = [
  'unavailable',
  'state',
  'busy',
  'not-allowed',
  'tampered',
  'internal',
];

export class StorePool {
  readonly #parts: PoolParts;
  readonly #members = new Map<string, Member>();
  readonly #timer: NodeJS.Timeout;
  #open: readonly Login[] = [];
  #changed = Promise.withResolvers<void>();
  #refreshing = false;
  #closed = false;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS).unref();
    void this.#refresh();
  }

  get trusted(): Trusted {
    return this.#parts.store;
  }

  /** The call of `store` that it was opened for. */
  get attempt(): string {
    return this.#parts.store.attempt;
  }

  /** The work MUST be such that it may be done more than once. Rejects with HsmError. */
  async run<T>(work: (login: Login) => Promise<T>): Promise<T> {
    const end = performance.now() + PATIENCE_MS;
    let tried: Login | undefined;
    for (let tries = 1; ; tries++) {
      const login = this.#choose(tried) ?? (await this.#wait(end));
      try {
        return await work(login);
      } catch (error) {
        if (!(error instanceof HsmError && passing.includes(error.code))) throw error;
        // `busy` says that the HSM is well.
        if (error.code !== 'busy') this.#drop(login);
        if (this.#closed) throw new NotConnected();
        if (tries === MAX_TRIES) throw error;
        tried = login;
      }
    }
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const member of this.#members.values()) member.close();
    this.#members.clear();
    this.#note();
  }

  #choose(but: Login | undefined): Login | undefined {
    let best: Login | undefined;
    for (const login of this.#open) {
      if (login === but && this.#open.length > 1) continue;
      if (best === undefined || login.connection.pending < best.connection.pending) best = login;
    }
    return best;
  }

  async #wait(end: number): Promise<Login> {
    const soon = performance.now() + REFUSED_PATIENCE_MS;
    for (;;) {
      const [login] = this.#open;
      if (login !== undefined) return login;
      const left = (this.#allRefuse() ? Math.min(soon, end) : end) - performance.now();
      if (this.#closed || left <= 0) throw this.#failure();
      await Promise.race([
        this.#changed.promise,
        wait(Math.min(left, REFRESH_MS), undefined, { ref: false }),
      ]);
    }
  }

  #allRefuse(): boolean {
    const members = [...this.#members.values()];
    return members.length > 0 && members.every(({ failure }) => failure && failure.code !== 'unavailable');
  }

  /** Why no HSM answers. */
  #failure(): HsmError {
    if (this.#closed) return new NotConnected();
    const failures = [...this.#members.values()].flatMap(({ failure }) => failure ?? []);
    return (
      failures.find(isRefusal) ?? failures[0] ?? new HsmError('unavailable', 'no HSM of the cluster answers')
    );
  }

  #drop(login: Login): void {
    this.#members.get(login.hsmId)?.drop(login);
    this.#note();
  }

  async #refresh(): Promise<void> {
    if (this.#refreshing || this.#closed) return;
    this.#refreshing = true;
    try {
      const { store, clusters } = this.#parts;
      this.#keep((await clusters.find(store, store.clusterId))?.hsms ?? []);
    } catch (error) {
      this.#parts.warn('the HSMs of a key store were not found', { store: this.#parts.store.id, error });
    } finally {
      this.#refreshing = false;
    }
  }

  #keep(hsms: readonly HsmMember[]): void {
    if (this.#closed) return;
    const present = new Map(hsms.map((hsm) => [hsm.id, hsm]));
    for (const [id, member] of this.#members) {
      const { address } = present.get(id) ?? {};
      const { host, port } = member.hsm.address;
      if (address?.host === host && address.port === port) continue;
      member.close();
      this.#members.delete(id);
      this.#note();
    }
    for (const [id, hsm] of present) if (!this.#members.has(id)) this.#members.set(id, this.#member(hsm));
    for (const member of this.#members.values()) void member.ensure();
  }

  #member(hsm: HsmMember): Member {
    const { store, password, warn } = this.#parts;
    return new Member(hsm, store, password, {
      changed: () => this.#note(),
      failed: (hsmId, { code, message }) =>
        warn('an HSM of a key store does not serve', { store: store.id, hsmId, code, message }),
    });
  }

  #note(): void {
    this.#open = [...this.#members.values()].flatMap(({ login }) => login ?? []);
    const changed = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    changed.resolve();
  }
}
