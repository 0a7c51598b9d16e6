/**
 * How a host starts an HSM, and what goes over the IPC channel: sockets, and no key bytes.
 *
 * `node <flags of the sandbox> src/hsm/main.ts`, working directory `/`, empty environment, descriptors as below. The
 * files are opened by the host with O_RDWR | O_DSYNC and mode 0600; it syncs their folder once they exist. The host's
 * secret is a file or pipe of 32 bytes that the server's seal keeps: the HSM reads and closes it.
 */
export const descriptors = { log: 3, slotA: 4, slotB: 5, audit: 6, hostSecret: 7 } as const;
export const HOST_SECRET_SIZE = 32;

/**
 * Each is accompanied by a socket. `host`: the link of host-messages.ts, once. `client`: TLS is ended in the HSM. `peer`:
 * to the member `hsmId`; of the two, the one told `server` ends the TLS. Sockets are handed over paused, with nothing
 * read from them.
 */
export type ToHsm =
  | { readonly type: 'host' }
  | { readonly type: 'client' }
  | { readonly type: 'peer'; readonly hsmId: string; readonly server: boolean };

/**
 * `ready`: everything is loaded and the sandbox is closed; the host sends the link. `peer-lost`: a new socket to that
 * member is wanted.
 */
export type FromHsm = { readonly type: 'ready' } | { readonly type: 'peer-lost'; readonly hsmId: string };
