/** What the supervisor and the front tell each other over the front's IPC channel, and how a child ends. */
import type { Socket } from 'node:net';
import type { JsonObject } from '../core/json.ts';
import { type Lane, lanes } from '../engine/protocol/ipc.ts';

export { FATAL_EXIT } from '../engine/protocol/ipc.ts';
export { exitWithParent } from '../engine/protocol/parent.ts';

/**
 * `settings`: the first message. `engine`: accompanied by the front's end of a new pair with that lane; an older pair is
 * void. `restarts` counts those of the lane's engine since the server was started. `silent`: whether that engine is one
 * that does not answer.
 * `hsm-host`: accompanied by the front's end of a new pair with the host of the HSMs; an older pair is void.
 * `ping`: to be answered by `pong`, at once. `drain`: finish what is under way, accept nothing new, exit with 0.
 */
export type ToFront =
  | { readonly type: 'settings'; readonly settings: JsonObject }
  | { readonly type: 'engine'; readonly lane: Lane; readonly restarts: number }
  | { readonly type: 'silent'; readonly lane: Lane; readonly silent: boolean }
  | { readonly type: 'hsm-host' }
  | { readonly type: 'ping' }
  | { readonly type: 'drain' };

/**
 * `pair-lost`: the pair with that lane has ended and a new one is wanted. `hsm-host-wanted`: a pair with the host of the
 * HSMs is, which is started for the first one. `pong`: it answers. `ready`: the front serves at `endpoint`.
 * `refused`: it cannot start until somebody has done what `message` says.
 */
export type FromFront =
  | { readonly type: 'pair-lost'; readonly lane: Lane }
  | { readonly type: 'hsm-host-wanted' }
  | { readonly type: 'pong' }
  | { readonly type: 'ready'; readonly endpoint: string }
  | { readonly type: 'refused'; readonly message: string };

export interface FrontChannel {
  /** The socket is paused. */
  engine(lane: Lane, socket: Socket, restarts: number): void;
  silent(lane: Lane, silent: boolean): void;
  /** The socket is paused. */
  hsmHost(socket: Socket): void;
  drain(): void;
}

/** The front's side of its channel. Call once, before the first await of the front's main module. */
export function listenToSupervisor(channel: FrontChannel): SupervisorChannel {
  const settings = Promise.withResolvers<JsonObject>();
  process.on('message', (message: ToFront, socket: unknown) => {
    if (message.type === 'settings') settings.resolve(message.settings);
    else if (message.type === 'ping') send({ type: 'pong' });
    else if (message.type === 'drain') channel.drain();
    else if (message.type === 'silent') channel.silent(message.lane, message.silent);
    else if (socket === undefined) return;
    else if (message.type === 'hsm-host') channel.hsmHost(socket as Socket);
    else channel.engine(message.lane, socket as Socket, message.restarts);
  });
  const send = (message: FromFront, done: () => void = () => undefined): void => {
    // Fails when the supervisor is gone, and then this process ends: see exitWithParent.
    process.send?.(message, undefined, undefined, done);
  };
  return {
    settings: settings.promise,
    pairLost: (lane) => send({ type: 'pair-lost', lane }),
    hsmHostWanted: () => send({ type: 'hsm-host-wanted' }),
    ready: (endpoint) => send({ type: 'ready', endpoint }),
    refused: (message) => new Promise((resolve) => send({ type: 'refused', message }, resolve)),
  };
}

export interface SupervisorChannel {
  readonly settings: Promise<JsonObject>;
  pairLost(lane: Lane): void;
  hsmHostWanted(): void;
  ready(endpoint: string): void;
  /** Resolves when it is sent. */
  refused(message: string): Promise<void>;
}

export function isFromFront(message: unknown): message is FromFront {
  const { type, lane, endpoint, message: text } = Object(message) as Record<string, unknown>;
  if (type === 'ready') return typeof endpoint === 'string';
  if (type === 'refused') return typeof text === 'string';
  if (type === 'hsm-host-wanted' || type === 'pong') return true;
  return type === 'pair-lost' && lanes.some((name) => name === lane);
}
