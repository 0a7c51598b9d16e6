/** The front's end of its pair with the host, and what the host last said of each HSM. */
import type { Socket } from 'node:net';
import type { FieldType } from '../../engine/protocol/codec.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import { Link, routesOf } from '../../hsm/protocol/link.ts';
import { type HsmState, hsmStates } from '../../hsm/protocol/values.ts';
import { type HsmStatus, toFront, toHost } from './messages.ts';

type ToHost = typeof toHost;
export type HostAsk = keyof ToHost;
export type HostRequest<N extends HostAsk> = FieldType<ToHost[N]['request']>;
export type HostReply<N extends HostAsk> = FieldType<ToHost[N]['reply']>;

export interface HostClientOptions {
  /** A pair with the host is wanted; `attach` is called with it, now or later. */
  readonly wanted: () => void;
}

export interface HostEvents {
  /** There is a new pair: the host knows of nothing that is to run. */
  attached(): void;
  status(status: HsmStatus): void;
}

/** A backup may be large, and be made while the disk is busy. */
const DEADLINE_MS = 120_000;

export class HostClient {
  readonly #options: HostClientOptions;
  readonly #statuses = new Map<string, HsmStatus>();
  #events: HostEvents | undefined;
  #link: Link<ToHost> | undefined;
  #wanted = false;
  #closed = false;

  constructor(options: HostClientOptions) {
    this.#options = options;
  }

  /** Who hears what the host says. */
  follow(events: HostEvents): void {
    this.#events = events;
  }

  /** An older pair is void. */
  attach(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#wanted = false;
    const replaced = this.#link;
    this.#link = undefined;
    replaced?.close();
    this.#statuses.clear();
    const routes = routesOf(toFront, {
      status: (status) => {
        this.#heard({ ...status, identity: Buffer.from(status.identity) });
        return {};
      },
    });
    const link: Link<ToHost> = new Link(socket, toHost, {
      routes,
      deadlineMs: DEADLINE_MS,
      pauseWhenBlocked: false,
      closed: () => this.#lost(link),
    });
    this.#link = link;
    this.#events?.attached();
  }

  /** Rejects with HsmError; `unavailable` while there is no host, which is then wanted. */
  async call<N extends HostAsk>(name: N, request: HostRequest<N>): Promise<HostReply<N>> {
    if (this.#link === undefined) {
      this.#want();
      throw new HsmError('unavailable', 'the host of the HSMs is being started');
    }
    return (await this.#link.call(name, request)) as HostReply<N>;
  }

  /** As the host said last; undefined when it said nothing since it was started. */
  status(hsmId: string): HsmStatus | undefined {
    return this.#statuses.get(hsmId);
  }

  /** Undefined where nothing is known of its state. */
  state(hsmId: string): HsmState | undefined {
    const status = this.#statuses.get(hsmId);
    return status?.running ? hsmStates[status.state] : undefined;
  }

  close(): void {
    this.#closed = true;
    this.#link?.close();
  }

  #heard(status: HsmStatus): void {
    this.#statuses.set(status.hsmId, status);
    this.#events?.status(status);
  }

  #lost(link: Link<ToHost>): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#statuses.clear();
    this.#want();
  }

  #want(): void {
    if (this.#wanted || this.#closed) return;
    this.#wanted = true;
    this.#options.wanted();
  }
}
