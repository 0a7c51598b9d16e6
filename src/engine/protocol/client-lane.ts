/**
 * A front's half of one lane: what waits, what is under way, and what happens when the pair is lost.
 * Every call stays pending until its reply or its deadline, and goes out again on each new pair.
 */
import type { Socket } from 'node:net';
import { type Field, FrameError, type Reader, text, u8, Writer } from './codec.ts';
import { FrameSocket } from './frame-socket.ts';
import { ERROR_CODE, writeFrame } from './frames.ts';
import { EngineError, engineErrorCodes, type MessageName, messages, type ReplyOf } from './messages.ts';

export type Hello = ReplyOf<'hello'>;

export interface LaneHooks {
  /** A reply, before its call resolves. */
  replied(name: MessageName, request: unknown, reply: unknown): void;
  /** The engine answered the first hello of a pair. */
  opened(hello: Hello): void;
  /** The pair for which `opened` was called is gone. */
  ended(): void;
  /** There is no pair any more and a new one is wanted. */
  lost(): void;
  /** Whether calls that need the domain state wait for it instead of failing as `sealed`. */
  waitsForDomain(): boolean;
}

export interface LaneLimits {
  readonly deadlineMs: number;
  readonly maxPending: number;
  readonly maxPendingBytes: number;
}

interface Message {
  readonly code: number;
  readonly request: Field<unknown>;
  readonly reply: Field<unknown>;
}
interface Pending {
  readonly name: MessageName;
  readonly request: unknown;
  readonly size: number;
  readonly due: number;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: EngineError) => void;
  sent: boolean;
}

const table = messages as unknown as Readonly<Record<MessageName, Message>>;
/** Answered without a domain state; all else is held back while one is known to be on its way. */
const needsNoDomain: ReadonlySet<MessageName> = new Set(['createDomain', 'loadDomain', 'random']);
const HELLO_ID = 0;
const GREET_AGAIN_MS = 10;
const SWEEP_MS = 100;

export class ClientLane {
  readonly #hooks: LaneHooks;
  readonly #limits: LaneLimits;
  /** In the order of the calls, which is also that of their deadlines. */
  readonly #pending = new Map<number, Pending>();
  readonly #measure = new Writer();
  #pendingBytes = 0;
  #lastId = HELLO_ID;
  #link: FrameSocket | undefined;
  #hello: Hello | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #greeter: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(hooks: LaneHooks, limits: LaneLimits) {
    this.#hooks = hooks;
    this.#limits = limits;
  }

  /** Takes over a new pair; an older one is dropped. */
  attach(socket: Socket): void {
    this.#drop();
    if (this.#closed) {
      socket.destroy();
      return;
    }
    for (const call of this.#pending.values()) call.sent = false;
    const link: FrameSocket = new FrameSocket(
      socket,
      {
        frame: (id, code, body) => this.#reply(id, code, body),
        closed: () => {
          if (this.#link !== link) return;
          this.#drop();
          this.#hooks.lost();
        },
      },
      { pauseWhenBlocked: false },
    );
    this.#link = link;
    this.#greet();
  }

  call(name: MessageName, request: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal();
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      const id = this.#nextId();
      const sendNow = this.#mayGo(name);
      let size: number;
      try {
        size = sendNow ? this.#send(id, name, request) : this.#sizeOf(name, request);
      } catch (error) {
        reject(new EngineError('refused', error instanceof Error ? error.message : 'cannot be encoded'));
        return;
      }
      const due = performance.now() + this.#limits.deadlineMs;
      this.#pending.set(id, { name, request, size, due, resolve, reject, sent: sendNow });
      this.#pendingBytes += size;
      this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    });
  }

  close(): void {
    this.#closed = true;
    this.#drop();
    clearInterval(this.#sweeper);
    for (const id of [...this.#pending.keys()]) {
      this.#take(id)?.reject(new EngineError('unavailable', 'the client is closed'));
    }
  }

  /** Asks again whether the domain state has arrived, and sends what waited for it. */
  recheck(): void {
    if (this.#hello?.sealed) this.#greet();
  }

  #refusal(): EngineError | undefined {
    if (this.#closed) return new EngineError('unavailable', 'the client is closed');
    const { maxPending, maxPendingBytes } = this.#limits;
    if (this.#pending.size < maxPending && this.#pendingBytes < maxPendingBytes) return undefined;
    return new EngineError('unavailable', 'too many calls wait for the engine');
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#lastId === HELLO_ID || this.#pending.has(this.#lastId));
    return this.#lastId;
  }

  #mayGo(name: MessageName): boolean {
    if (this.#link === undefined || this.#hello === undefined) return false;
    return !this.#hello.sealed || needsNoDomain.has(name) || !this.#hooks.waitsForDomain();
  }

  #send(id: number, name: MessageName, request: unknown): number {
    const message = table[name];
    return this.#link?.send(id, message.code, (writer) => message.request.write(writer, request)) ?? 0;
  }

  /** Encodes for its errors and its size alone. */
  #sizeOf(name: MessageName, request: unknown): number {
    const message = table[name];
    const size = writeFrame(this.#measure, HELLO_ID, message.code, (w) => message.request.write(w, request));
    this.#measure.truncate(0);
    return size;
  }

  #greet(): void {
    this.#send(HELLO_ID, 'hello', {});
  }

  #sendWaiting(): void {
    for (const [id, call] of this.#pending) {
      if (call.sent || !this.#mayGo(call.name)) continue;
      call.sent = true;
      this.#send(id, call.name, call.request);
    }
  }

  #reply(id: number, code: number, body: Reader): void {
    if (id === HELLO_ID) {
      this.#greeted(code, body);
      return;
    }
    const call = this.#pending.get(id);
    // The reply to a call whose deadline passed.
    if (call === undefined) return;
    if (code === ERROR_CODE) {
      const error = readError(body);
      this.#take(id)?.reject(error);
      return;
    }
    const message = table[call.name];
    if (code !== message.code) throw new FrameError('a reply of another kind than its request');
    const reply = message.reply.read(body);
    body.end();
    this.#take(id);
    this.#hooks.replied(call.name, call.request, reply);
    call.resolve(reply);
  }

  #greeted(code: number, body: Reader): void {
    if (code !== messages.hello.code) throw new FrameError('no hello in reply to hello');
    const hello = table.hello.reply.read(body) as Hello;
    body.end();
    const first = this.#hello === undefined;
    this.#hello = hello;
    if (first) this.#hooks.opened(hello);
    this.#sendWaiting();
    clearTimeout(this.#greeter);
    if (hello.sealed && this.#hooks.waitsForDomain()) {
      this.#greeter = setTimeout(() => this.#greet(), GREET_AGAIN_MS);
      this.#greeter.unref();
    }
  }

  /** Lets go of the pair in use, if any. */
  #drop(): void {
    const link = this.#link;
    const greeted = this.#hello !== undefined;
    this.#link = undefined;
    this.#hello = undefined;
    clearTimeout(this.#greeter);
    link?.close();
    if (greeted) this.#hooks.ended();
  }

  #take(id: number): Pending | undefined {
    const call = this.#pending.get(id);
    if (call === undefined) return undefined;
    this.#pending.delete(id);
    this.#pendingBytes -= call.size;
    return call;
  }

  #sweep(): void {
    const now = performance.now();
    for (const [id, call] of this.#pending) {
      if (call.due > now) return;
      this.#take(id)?.reject(new EngineError('unavailable', 'no answer from the engine in time'));
    }
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

function readError(body: Reader): EngineError {
  const code = engineErrorCodes[u8.read(body)];
  const message = text.read(body);
  body.end();
  if (code === undefined) throw new FrameError('an unknown error code');
  return new EngineError(code, message);
}
