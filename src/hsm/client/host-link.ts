/** The host's end of the link with an HSM (protocol/host-messages.ts). */
import type { Socket } from 'node:net';
import type { FieldType } from '../../engine/protocol/codec.ts';
import { toHost, toHsm } from '../protocol/host-messages.ts';
import { Link, routesOf } from '../protocol/link.ts';

type ToHsmMessages = typeof toHsm;
export type HostAsks = keyof ToHsmMessages;
export type HostRequest<N extends HostAsks> = FieldType<ToHsmMessages[N]['request']>;
export type HostReply<N extends HostAsks> = FieldType<ToHsmMessages[N]['reply']>;
export type Mark = FieldType<(typeof toHost)['mark']['request']>;

export interface HostLinkEvents {
  /** MUST resolve only when the mark is durable. */
  mark(mark: Mark): Promise<void>;
  /** Index into hsmStates. */
  changed(state: number): void;
  closed(): void;
}

export class HostLink {
  readonly #link: Link<ToHsmMessages>;

  constructor(socket: Socket, events: HostLinkEvents) {
    const routes = routesOf(toHost, {
      async mark(mark) {
        await events.mark({ ...mark, tag: Buffer.from(mark.tag) });
        return {};
      },
      changed({ state }) {
        events.changed(state);
        return {};
      },
    });
    this.#link = new Link(socket, toHsm, { routes, pauseWhenBlocked: true, closed: () => events.closed() });
  }

  /** Rejects with HsmError. */
  call<N extends HostAsks>(name: N, request: HostRequest<N>, deadlineMs?: number): Promise<HostReply<N>> {
    return this.#link.call(name, request, deadlineMs) as Promise<HostReply<N>>;
  }

  close(): void {
    this.#link.close();
  }
}
