/**
 * Requests and replies over one socket, in frames (docs/formats/engine-frames.md). Both ends may ask: a request's code is
 * 1 to 127, its reply's the same plus 128; an error reply has code 0: u8 index into hsmErrorCodes, text.
 */
import type { Socket } from 'node:net';
import {
  type Field,
  type FieldType,
  FrameError,
  type Reader,
  text,
  u8,
} from '../../engine/protocol/codec.ts';
import { FrameSocket } from '../../engine/protocol/frame-socket.ts';
import { ERROR_CODE } from '../../engine/protocol/frames.ts';
import { HsmError, hsmErrorCodes } from './errors.ts';

const REPLY = 128;
/** Requests under way from the other end; beyond, it is not read until some are answered. */
const MAX_UNDER_WAY = 256;

interface Definition {
  readonly code: number;
  readonly request: unknown;
  readonly reply: unknown;
}
export type Table = Readonly<Record<string, Definition>>;
type Asked<T extends Table, N extends keyof T> = FieldType<T[N]['request']>;
type Answered<T extends Table, N extends keyof T> = FieldType<T[N]['reply']>;

export interface Route {
  readonly code: number;
  readonly request: Field<unknown>;
  readonly reply: Field<unknown>;
  /** Throws or rejects with HsmError. */
  handle(request: unknown): unknown;
}
export type Routes = readonly (Route | undefined)[];

export type Handlers<T extends Table> = {
  readonly [N in keyof T]: (request: Asked<T, N>) => Answered<T, N> | Promise<Answered<T, N>>;
};

/** By message code. */
export function routesOf<T extends Table>(table: T, handlers: Handlers<T>): Routes {
  const routes: (Route | undefined)[] = [];
  for (const [name, message] of Object.entries(table)) {
    const handle = handlers[name as keyof T] as Route['handle'];
    routes[message.code] = { ...(message as unknown as Omit<Route, 'handle'>), handle };
  }
  return routes;
}

export interface LinkOptions {
  /** What the other end may ask. Default: nothing. */
  readonly routes?: Routes;
  /** Throws HsmError for a request that is not to be read further: it is answered so, whatever its body. */
  readonly admit?: (code: number) => void;
  /** Bytes that a frame from the other end may have. */
  readonly maxFrame?: () => number;
  /** Called for failures that are no HsmError; they are answered as `internal`. */
  readonly failed?: (error: unknown) => void;
  /** Once. `reason` is absent when the other end closed in order. */
  readonly closed?: (reason: Error | undefined) => void;
  /** Milliseconds until a call without a reply fails as `unavailable`. Default 30,000. */
  readonly deadlineMs?: number;
  /** Stop reading while the other end does not take what was written. */
  readonly pauseWhenBlocked: boolean;
}

interface Pending {
  readonly reply: Field<unknown>;
  readonly code: number;
  readonly due: number;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const DEADLINE_MS = 30_000;
const SWEEP_MS = 500;

export class Link<Out extends Table> {
  readonly #table: Out;
  readonly #options: LinkOptions;
  readonly #frames: FrameSocket;
  readonly #pending = new Map<number, Pending>();
  #underWay = 0;
  #lastId = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(socket: Socket, table: Out, options: LinkOptions) {
    this.#table = table;
    this.#options = options;
    const { pauseWhenBlocked, maxFrame } = options;
    this.#frames = new FrameSocket(
      socket,
      {
        frame: (id, code, body) => this.#receive(id, code, body),
        closed: (reason) => this.#closed(reason),
      },
      maxFrame === undefined ? { pauseWhenBlocked } : { pauseWhenBlocked, maxFrame },
    );
  }

  get closed(): boolean {
    return this.#frames.closed;
  }

  /** Calls without a reply yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** The reply's bytes are views: copy what is kept. Rejects with HsmError. */
  call<N extends keyof Out & string>(
    name: N,
    request: Asked<Out, N>,
    deadlineMs = this.#options.deadlineMs ?? DEADLINE_MS,
  ): Promise<Answered<Out, N>> {
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(gone());
        return;
      }
      const message = this.#table[name] as unknown as Omit<Route, 'handle'>;
      const id = this.#nextId();
      try {
        this.#frames.send(id, message.code, (writer) => message.request.write(writer, request));
      } catch (error) {
        reject(new HsmError('refused', error instanceof Error ? error.message : 'cannot be encoded'));
        return;
      }
      const due = performance.now() + deadlineMs;
      const settle = resolve as (value: unknown) => void;
      this.#pending.set(id, {
        reply: message.reply,
        code: message.code + REPLY,
        due,
        resolve: settle,
        reject,
      });
      this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    });
  }

  close(reason?: Error): void {
    this.#frames.close(reason);
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }

  #receive(id: number, code: number, body: Reader): void {
    if (code !== ERROR_CODE && code < REPLY) this.#serve(id, code, body);
    else this.#settle(id, code, body);
  }

  #serve(id: number, code: number, body: Reader): void {
    const route = this.#options.routes?.[code];
    if (route === undefined) throw new FrameError('an unknown message');
    try {
      this.#options.admit?.(code);
      const request = route.request.read(body);
      body.end();
      const reply = route.handle(request);
      if (reply instanceof Promise) this.#wait(id, route, reply);
      else this.#answer(id, route, reply);
    } catch (error) {
      if (error instanceof FrameError) throw error;
      this.#refuse(id, error);
    }
  }

  #wait(id: number, route: Route, reply: Promise<unknown>): void {
    this.#underWay += 1;
    if (this.#underWay === MAX_UNDER_WAY) this.#frames.hold(true);
    reply
      .then(
        (value) => this.#answer(id, route, value),
        (error: unknown) => this.#refuse(id, error),
      )
      .finally(() => {
        this.#underWay -= 1;
        if (this.#underWay === MAX_UNDER_WAY - 1) this.#frames.hold(false);
      });
  }

  #answer(id: number, route: Route, reply: unknown): void {
    try {
      this.#frames.send(id, route.code + REPLY, (writer) => route.reply.write(writer, reply));
    } catch (error) {
      this.#refuse(id, error instanceof RangeError ? new HsmError('refused', error.message) : error);
    }
    // Plaintexts and data keys, once they are in the batch.
    (reply as { plaintext?: Buffer }).plaintext?.fill(0);
  }

  #refuse(id: number, error: unknown): void {
    const known = error instanceof HsmError ? error : undefined;
    if (known === undefined) this.#options.failed?.(error);
    const index = hsmErrorCodes.indexOf((known?.code ?? 'internal') as 'internal');
    this.#frames.send(id, ERROR_CODE, (writer) => {
      u8.write(writer, index === -1 ? hsmErrorCodes.indexOf('internal') : index);
      text.write(writer, known?.message ?? 'the HSM failed');
    });
  }

  #settle(id: number, code: number, body: Reader): void {
    const call = this.#pending.get(id);
    // The reply to a call whose deadline passed.
    if (call === undefined) return;
    if (code === ERROR_CODE) {
      const error = readError(body);
      this.#pending.delete(id);
      call.reject(error);
      return;
    }
    if (code !== call.code) throw new FrameError('a reply of another kind than its request');
    const reply = call.reply.read(body);
    body.end();
    this.#pending.delete(id);
    call.resolve(reply);
  }

  #sweep(): void {
    const now = performance.now();
    for (const [id, call] of this.#pending) {
      if (call.due > now) continue;
      this.#pending.delete(id);
      call.reject(new HsmError('unavailable', 'no answer in time'));
    }
    if (this.#pending.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #closed(reason: Error | undefined): void {
    clearInterval(this.#sweeper);
    for (const call of this.#pending.values()) call.reject(gone());
    this.#pending.clear();
    this.#options.closed?.(reason);
  }
}

const gone = (): HsmError => new HsmError('unavailable', 'the connection is closed');

function readError(body: Reader): HsmError {
  const code = hsmErrorCodes[u8.read(body)];
  const message = text.read(body);
  body.end();
  if (code === undefined) throw new FrameError('an unknown error code');
  return new HsmError(code, message);
}
