/** The front's parts, put together in the order in which each needs the ones before it, and closed in reverse. */
import type { HostClient } from '../../cloudhsm/host/client.ts';
import { systemClock } from '../../core/clock.ts';
import type { HttpListener } from '../../wire/listener.ts';
import type { Log } from '../../wire/log.ts';
import type { Settings } from '../settings.ts';
import type { EnginePairs } from './engine-pairs.ts';
import { startListening } from './listeners.ts';
import { startServices } from './services.ts';
import { openStorage } from './storage.ts';
import { unseal } from './unsealed.ts';

/** What the supervisor joins the front with. */
export interface Siblings {
  readonly pairs: EnginePairs;
  readonly hsmHost: HostClient;
}

export class Front {
  readonly endpoint: string;
  readonly #listeners: readonly HttpListener[];
  readonly #closing: AsyncDisposableStack;

  private constructor(endpoint: string, listeners: readonly HttpListener[], closing: AsyncDisposableStack) {
    this.endpoint = endpoint;
    this.#listeners = listeners;
    this.#closing = closing;
  }

  /** Rejects with an error that says what to do; everything that was opened is closed then. */
  static async start(settings: Settings, { pairs, hsmHost }: Siblings, log: Log): Promise<Front> {
    await using closing = new AsyncDisposableStack();
    const opening = { settings, log, clock: systemClock, closing, started: systemClock.now() };
    const storage = await openStorage(opening);
    const unsealed = await unseal(opening, pairs, storage);
    const services = await startServices(opening, storage, unsealed, hsmHost);
    const { endpoint, listeners } = await startListening(opening, storage, unsealed, services);
    return new Front(endpoint, listeners, closing.move());
  }

  /** Answers what is under way, for at most `graceMs`, then closes everything. */
  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.drain(graceMs)));
    await this.#closing.disposeAsync();
  }
}
