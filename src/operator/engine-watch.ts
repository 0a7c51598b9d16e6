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

  /** To be called with each hello of a new pair. */
  opened(lane: Lane, { session }: { readonly session: string }): void {
    const before = this.#states.get(lane);
    this.#states.set(lane, { lane, session, restarts: before === undefined ? 0 : before.restarts + 1 });
  }

  states(): readonly EngineState[] {
    return [...this.#states.values()].sort((a, b) => a.lane.localeCompare(b.lane));
  }
}
