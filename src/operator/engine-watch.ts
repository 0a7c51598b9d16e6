/** What a front knows of its engines, from the pairs that it was given. */
import type { Lane } from '../engine/protocol/ipc.ts';

export interface EngineState {
  readonly lane: Lane;
  /** Of the pair that was opened last. */
  readonly session: string;
  /** Pairs that were lost since this front started, by the end of the engine or of the pair. */
  readonly restarts: number;
}

export class EngineWatch {
  readonly #states = new Map<Lane, EngineState>();
  readonly #down = new Set<Lane>();

  /** To be called with each hello of a new pair. */
  opened(lane: Lane, { session }: { readonly session: string }): void {
    this.#down.delete(lane);
    const before = this.#states.get(lane);
    this.#states.set(lane, { lane, session, restarts: before === undefined ? 0 : before.restarts + 1 });
  }

  /** To be called when a pair ended. */
  lost(lane: Lane): void {
    this.#down.add(lane);
  }

  /** Lanes whose pair ended and that did not answer on a new one yet. */
  get down(): readonly Lane[] {
    return [...this.#down];
  }

  states(): readonly EngineState[] {
    return [...this.#states.values()].sort((a, b) => a.lane.localeCompare(b.lane));
  }
}
