/** What the supervisor and the front tell each other over the front's IPC channel, and how a child ends. */
import type { Socket } from 'node:net';
import { type Lane, lanes } from '../engine/protocol/ipc.ts';

export { FATAL_EXIT } from '../engine/protocol/ipc.ts';
export { exitWithParent } from '../engine/protocol/parent.ts';

/**
 * `engine`: accompanied by the front's end of a new pair with that lane; an older pair is void.
 * `drain`: finish what is under way, accept nothing new, exit with 0.
 */
export type ToFront = { readonly type: 'engine'; readonly lane: Lane } | { readonly type: 'drain' };

/** `pair-lost`: the pair with that lane has ended and a new one is wanted. */
export type FromFront = { readonly type: 'pair-lost'; readonly lane: Lane };

export interface FrontChannel {
  /** The socket is paused. */
  engine(lane: Lane, socket: Socket): void;
  drain(): void;
}

/** The front's side of its channel. Call once, before the first await of the front's main module. */
export function listenToSupervisor(channel: FrontChannel): { pairLost(lane: Lane): void } {
  process.on('message', (message: ToFront, socket: unknown) => {
    if (message.type === 'drain') channel.drain();
    else if (socket !== undefined) channel.engine(message.lane, socket as Socket);
  });
  return {
    pairLost(lane) {
      const message: FromFront = { type: 'pair-lost', lane };
      if (process.connected) process.send?.(message);
    },
  };
}

export function isFromFront(message: unknown): message is FromFront {
  const { type, lane } = Object(message) as Partial<FromFront>;
  return type === 'pair-lost' && lanes.some((name) => name === lane);
}
