/** What the supervisor and the host of the HSMs tell each other over the host's IPC channel. It never carries key bytes. */

/**
 * `front`: accompanied by the host's end of a new pair with a front; an older pair is void. `secret`: accompanied by the
 * socket asked for, from which an HSM reads the host's secret, and nobody else. `no-secret`: the seal cannot be read.
 * `ping` is answered with `pong`. `stop`: stop the HSMs in order and exit with 0.
 */
export type ToHsmHost =
  | { readonly type: 'front' }
  | { readonly type: 'secret'; readonly hsmId: string }
  | { readonly type: 'no-secret'; readonly hsmId: string; readonly message: string }
  | { readonly type: 'ping' }
  | { readonly type: 'stop' };

/** `ready`: a pair can be handed over. `secret-wanted`: for the HSM, of the family. */
export type FromHsmHost =
  | { readonly type: 'ready' }
  | { readonly type: 'pong' }
  | { readonly type: 'secret-wanted'; readonly hsmId: string; readonly family: string };
