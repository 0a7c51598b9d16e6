/** What a front knows of its engines, from the supervisor and from the pairs that it was given. */
import type { Lane } from '../engine/protocol/ipc.ts';

export interface EngineState {
  readonly lane: Lane;
  /** Of the pair that was opened last. */
  readonly session: string;
  /** Of the engine, since the server was started. */
  readonly restarts: number;
}

export class EngineWatch {
  readonly #states = new Map<Lane, EngineState>();
  readonly #restarts = new Map<Lane, number>();
  readonly #down = new Set<Lane>();
  readonly #silent = new Set<Lane>();

  /** To be called with each pair, before it is opened. */
  started(lane: Lane, restarts: number): void {
    this.#restarts.set(lane, restarts);
  }

  /** To be called with each hello of a new pair. */
  opened(lane: Lane, { session }: { readonly session: string }): void {
    this.#down.delete(lane);
    this.#silent.delete(lane);
    this.#states.set(lane, { lane, session, restarts: this.#restarts.get(lane) ?? 0 });
  }

  /** The engine is there and does not answer, or it does again. */
  silent(lane: Lane, isSilent: boolean): void {
    if (isSilent) this.#silent.add(lane);
    else this.#silent.delete(lane);
  }

  /** To be called when a pair ended. */
  lost(lane: Lane): void {
    this.#down.add(lane);
  }

  /** Why calls may have to wait, for whoever asks for the server's health. */
  get unready(): string | undefined {
    if (this.#down.size > 0) return 'an engine is being started again';
    return this.#silent.size > 0 ? 'an engine does not answer' : undefined;
  }

  states(): readonly EngineState[] {
    return [...this.#states.values()].sort((a, b) => a.lane.localeCompare(b.lane));
  }
}
