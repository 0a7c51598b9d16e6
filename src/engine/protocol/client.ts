/**
 * The front's client of the two engines. Calls wait while an engine restarts and go out again on the new pair;
 * those without an answer by their deadline fail as `unavailable`.
 */
import type { Socket } from 'node:net';
import { ClientLane, type Hello, type LaneHooks } from './client-lane.ts';
import type { Lane } from './ipc.ts';
import {
  type Engine,
  EngineError,
  type MessageName,
  messages,
  type ReplyOf,
  type RequestOf,
} from './messages.ts';
import { type EndedSession, SessionCounters } from './session-counters.ts';

export interface EngineClientOptions {
  /** Asks the supervisor for a new pair, which `attach` takes. */
  onPairLost(lane: Lane): void;
  /**
   * An engine answered on a new pair. A sealed slow lane needs `loadDomain` with the stored state: the other
   * engine was down too. Sending it on each opening is right as well.
   */
  onOpen?(lane: Lane, hello: Hello): void;
  /** A fast lane's session is over; before the next one begins. */
  onSessionEnd?(ended: EndedSession): void;
  /** Milliseconds that a call may take, restarts of engines included. Default 10,000. */
  readonly deadlineMs?: number;
  /** Calls that may wait in a lane. Default 20,000. */
  readonly maxPending?: number;
  /** Bytes of calls that may wait in a lane. Default 64 MiB. */
  readonly maxPendingBytes?: number;
}

const DEADLINE_MS = 10_000;
const MAX_PENDING = 20_000;
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

export class EngineClient implements Engine {
  readonly #options: EngineClientOptions;
  readonly #lanes: Readonly<Record<Lane, ClientLane>>;
  #session = '';
  #counters: SessionCounters | undefined;
  #domainKnown = false;

  constructor(options: EngineClientOptions) {
    this.#options = options;
    const limits = {
      deadlineMs: options.deadlineMs ?? DEADLINE_MS,
      maxPending: options.maxPending ?? MAX_PENDING,
      maxPendingBytes: options.maxPendingBytes ?? MAX_PENDING_BYTES,
    };
    this.#lanes = {
      fast: new ClientLane(this.#fastHooks(), limits),
      slow: new ClientLane(this.#slowHooks(), limits),
    };
  }

  /** Of the last fast reply, also after its pair is gone: to be read when a reply arrives. Empty at first. */
  get session(): string {
    return this.#session;
  }

  attach(lane: Lane, socket: Socket): void {
    this.#lanes[lane].attach(socket);
  }

  call<N extends MessageName>(name: N, request: RequestOf<N>): Promise<ReplyOf<N>> {
    if (name === 'hello') return Promise.reject(new EngineError('refused', 'the client greets by itself'));
    const lane = messages[name].lane === 'slow' ? this.#lanes.slow : this.#lanes.fast;
    return lane.call(name, request) as Promise<ReplyOf<N>>;
  }

  /** Ends the session and rejects what is pending. */
  close(): void {
    this.#lanes.fast.close();
    this.#lanes.slow.close();
  }

  #fastHooks(): LaneHooks {
    return {
      replied: (name, request, reply) => this.#counters?.see(name, request as never, reply as never),
      opened: (hello) => {
        this.#session = hello.session;
        this.#counters = new SessionCounters(hello.session);
        this.#opened('fast', hello);
      },
      ended: () => this.#endSession(),
      lost: () => this.#options.onPairLost('fast'),
      waitsForDomain: () => this.#domainKnown,
    };
  }

  #slowHooks(): LaneHooks {
    return {
      replied: (name) => {
        if (name === 'loadDomain') this.#domainLoaded();
      },
      opened: (hello) => this.#opened('slow', hello),
      // Only the fast lane counts uses.
      ended: () => undefined,
      lost: () => this.#options.onPairLost('slow'),
      waitsForDomain: () => this.#domainKnown,
    };
  }

  #opened(lane: Lane, hello: Hello): void {
    if (!hello.sealed) this.#domainLoaded();
    this.#options.onOpen?.(lane, hello);
  }

  /** From here on no engine stays sealed for long: its peer or the front brings it the state. */
  #domainLoaded(): void {
    this.#domainKnown = true;
    this.#lanes.fast.recheck();
    this.#lanes.slow.recheck();
  }

  #endSession(): void {
    const ended = this.#counters;
    this.#counters = undefined;
    if (ended !== undefined) this.#options.onSessionEnd?.(ended.end());
  }
}
