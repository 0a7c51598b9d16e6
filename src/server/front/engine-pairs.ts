/**
 * What the supervisor tells of the engines: how they are, and their sockets, which are held until the engine client
 * exists to take them.
 */
import type { Socket } from 'node:net';
import type { EngineClient } from '../../engine/protocol/client.ts';
import type { Lane } from '../../engine/protocol/ipc.ts';
import { EngineWatch } from '../../operator/engine-watch.ts';

export class EnginePairs {
  onLost: (lane: Lane) => void = () => undefined;
  readonly watch = new EngineWatch();
  readonly #early = new Map<Lane, Socket>();
  #client: EngineClient | undefined;

  give(lane: Lane, socket: Socket, restarts: number): void {
    this.watch.started(lane, restarts);
    if (this.#client !== undefined) {
      this.#client.attach(lane, socket);
      return;
    }
    this.#early.get(lane)?.destroy();
    this.#early.set(lane, socket);
  }

  connect(client: EngineClient): void {
    this.#client = client;
    for (const [lane, socket] of this.#early) client.attach(lane, socket);
    this.#early.clear();
  }
}
