/** One connection to one HSM: TLS 1.3, ended in the HSM, which proves who it is before anything is sent to it. */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { HsmError } from '../protocol/errors.ts';
import { Link } from '../protocol/link.ts';
import { type MessageName, messages, type ReplyOf, type RequestOf } from '../protocol/messages.ts';
import { ALPN } from '../protocol/tls.ts';
import { checkPeer, type HsmPeer, type Trust } from './trust.ts';

export interface HsmAddress {
  readonly host: string;
  readonly port: number;
}
export interface HsmConnectionOptions {
  readonly address: HsmAddress;
  readonly trust: Trust;
  /** Milliseconds until the connection, and each call, counts as failed. Default 10,000. */
  readonly deadlineMs?: number;
  /** Once, when the connection is gone. */
  readonly closed?: () => void;
}

const DEADLINE_MS = 10_000;

export class HsmConnection {
  /** Who is at the other end, as it proved. */
  readonly peer: HsmPeer;
  readonly #link: Link<typeof messages>;
  #open = true;

  private constructor(socket: TLSSocket, peer: HsmPeer, options: HsmConnectionOptions) {
    this.peer = peer;
    this.#link = new Link(socket, messages, {
      pauseWhenBlocked: false,
      deadlineMs: options.deadlineMs ?? DEADLINE_MS,
      closed: () => {
        this.#open = false;
        options.closed?.();
      },
    });
  }

  /** Rejects with HsmError: `unavailable`, or `untrusted`. */
  static async connect(options: HsmConnectionOptions): Promise<HsmConnection> {
    const socket = await handshake(options);
    try {
      return new HsmConnection(socket, checkPeer(socket, options.trust), options);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  get open(): boolean {
    return this.#open;
  }

  /** Calls without a reply yet. */
  get pending(): number {
    return this.#link.pending;
  }

  /** Bytes in the reply are views of what was received: copy what is kept. Rejects with HsmError. */
  call<N extends MessageName>(name: N, request: RequestOf<N>): Promise<ReplyOf<N>> {
    return this.#link.call(name, request) as Promise<ReplyOf<N>>;
  }

  close(): void {
    this.#link.close();
  }
}

async function handshake({ address, deadlineMs = DEADLINE_MS }: HsmConnectionOptions): Promise<TLSSocket> {
  const socket = connect({
    host: address.host,
    port: address.port,
    minVersion: 'TLSv1.3',
    ALPNProtocols: [ALPN],
    // The chain is not one of RFC 5280: `checkPeer` decides, before anything is sent (protocol/chain.ts).
    rejectUnauthorized: false,
  });
  const timer = setTimeout(() => socket.destroy(new Error('no handshake in time')), deadlineMs);
  try {
    socket.setNoDelay(true);
    await once(socket, 'secureConnect');
    return socket;
  } catch (error) {
    socket.destroy();
    throw new HsmError('unavailable', `${address.host}:${address.port}: ${(error as Error).message}`);
  } finally {
    clearTimeout(timer);
  }
}
