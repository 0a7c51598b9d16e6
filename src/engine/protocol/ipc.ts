/** What supervisor and engine tell each other over the engine's IPC channel. It never carries key bytes. */

export const lanes = ['fast', 'slow'] as const;
/** `fast`: symmetric cryptography and token use. `slow`: generation and the domain state. */
export type Lane = (typeof lanes)[number];

/** The first two are accompanied by the engine's end of a new pair. `ping` is answered with `pong`. */
export type ToEngine = { readonly type: 'front' } | { readonly type: 'peer' } | { readonly type: 'ping' };

/**
 * `ready`: everything is loaded and the sandbox is closed. `root-held`: this engine can unseal the other one.
 * `peer-lost`: the pair between the engines ended on this side.
 */
export type FromEngine =
  | { readonly type: 'ready' }
  | { readonly type: 'root-held' }
  | { readonly type: 'peer-lost' }
  | { readonly type: 'pong' };

/** A child that must not be started again exits with this; the supervisor then stops everything. */
export const FATAL_EXIT = 78;
