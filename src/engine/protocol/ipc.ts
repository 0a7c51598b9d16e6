/** What supervisor and engine tell each other over the engine's IPC channel. It never carries key bytes. */
import type { Socket } from 'node:net';

export const lanes = ['fast', 'slow'] as const;
/** `fast`: symmetric cryptography and token use. `slow`: generation and the domain state. */
export type Lane = (typeof lanes)[number];

export const otherLane = (lane: Lane): Lane => (lane === 'fast' ? 'slow' : 'fast');

/** Each is accompanied by the engine's end of a new pair. */
export type ToEngine = { readonly type: 'front' } | { readonly type: 'peer' };

/**
 * `ready`: everything is loaded and the sandbox is closed. `root-held`: this engine can unseal the other one.
 * `peer-lost`: the pair between the engines ended on this side.
 */
export type FromEngine =
  | { readonly type: 'ready' }
  | { readonly type: 'root-held' }
  | { readonly type: 'peer-lost' };

export interface EngineLink {
  readonly lane: Lane;
  readonly socket: Socket;
}

/** A child that must not be started again exits with this; the supervisor then stops everything. */
export const FATAL_EXIT = 78;
