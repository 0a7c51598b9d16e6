/**
 * The one way of every call, whatever protocol brought it: authenticate, decode, validate, resolve, authorise,
 * run, encode, and answer once its event is durable in the journal. What fails before authentication is counted
 * and leaves no event, so that a stranger cannot fill the disk.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EncodedEvent, EventFacts, Journal } from '../audit/contract.ts';
import type { Caller, Resolution, Target } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import type { ServiceError } from '../core/errors.ts';
import type { HttpHead } from '../core/http-head.ts';
import type { Region } from '../core/ids.ts';
import type { Authenticated } from '../identity/authenticator.ts';
import type { Authorizer } from '../identity/authorizer.ts';
import type { Rows, RowsChange } from '../store/rows-contract.ts';
import type { RequestBody } from './body-stream.ts';
import { type CallFacts, PipelineCall } from './call.ts';
import { Counts } from './counts.ts';
import { isConflict, toServiceError } from './errors.ts';
import { eventFacts } from './event-facts.ts';
import type { Log } from './log.ts';
import type { Protocol, Reply, Route } from './protocol.ts';
import { RowQueues } from './row-queues.ts';
import type { BoundOperation, Fields } from './services.ts';
import { Turn } from './turn.ts';

export interface PipelineParts {
  readonly rows: Rows;
  readonly journal: Journal;
  readonly encodeEvent: (facts: EventFacts) => EncodedEvent;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly log: Log;
  /** Told each event that was committed with a change, once the journal holds it: its outbox row can go. */
  readonly journalled: (eventId: string) => void;
}

/** A request whose body was read, or is a stream that it declared what it is of. */
export interface Request {
  readonly head: HttpHead;
  readonly requestId: string;
  readonly protocol: Protocol;
  readonly route: Route;
  /** SHA-256 in hexadecimal, or what the request declares of a streamed body. */
  readonly payloadHash: string;
  readonly stream?: RequestBody;
  /** Decodes the input. */
  read(): Fields;
}

/** A call that a part of Lockholm makes, as a user or as itself. */
export interface InternalRequest {
  readonly bound: BoundOperation;
  readonly caller: Caller;
  readonly region: Region;
  /** As decoded: blobs are Uint8Array, timestamps milliseconds. */
  readonly input: Fields;
}

/** How often a call runs when other nodes, or Lockholm itself, change the same rows at the same time. */
const MAX_RUNS = 10;
const BACKOFF_MS = 4;
/** Changes of one row that may wait: some seconds' work of the store. */
const MAX_WAITING = 1000;
const UNWRITABLE = 'the journal cannot be written';

interface Arrival {
  readonly request: Request;
  readonly answer: (reply: Reply) => void;
}
interface Known {
  readonly arrival: Arrival;
  readonly found: Authenticated;
}
interface Start {
  readonly input: Fields;
  readonly resolution: Resolution<unknown> | Promise<Resolution<unknown>>;
}
interface Begun {
  readonly arrival: Arrival;
  readonly call: PipelineCall;
  /** Absent when it failed. */
  readonly start?: Start;
  readonly failed?: { readonly error: unknown };
}

/** The call waited for the rows that it is to change, and holds them now: it runs again. */
class Waited extends Error {}

export class Pipeline {
  /** What was refused before it was known who asked, by error code. */
  readonly refused = new Counts();
  readonly #parts: PipelineParts;
  readonly #queues = new RowQueues(MAX_WAITING);
  readonly #turn = new Turn<Arrival>((arrivals) => this.#serveAll(arrivals));
  #unwritable: string | undefined;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  /** Why no call can succeed now, or undefined. */
  get unready(): string | undefined {
    return this.#unwritable;
  }

  /** Never rejects. */
  serve(request: Request): Promise<Reply> {
    return new Promise((answer) => this.#turn.add({ request, answer }));
  }

  /**
   * What came in one turn of the event loop goes through each stage together, so that the code of a stage stays in
   * the processor's caches.
   */
  #serveAll(arrivals: readonly Arrival[]): void {
    const known = arrivals.map((arrival) => this.#authenticate(arrival));
    const begun = known.map((one) => (one instanceof Promise ? one : one && this.#begin(one)));
    for (const one of begun) {
      if (one instanceof Promise) void one.then((later) => later && this.#answer(this.#begin(later)));
      else if (one !== undefined) void this.#answer(one);
    }
  }

  /** Undefined when the request was refused, and answered so. */
  #authenticate(arrival: Arrival): Known | undefined | Promise<Known | undefined> {
    const { head, protocol, route, requestId, payloadHash } = arrival.request;
    const refused = (error: unknown): undefined => {
      arrival.answer(this.refuse(protocol, toServiceError(error, route.bound.faults), requestId));
    };
    try {
      const found = protocol.authenticator.authenticate(head, route.bound.service.name, payloadHash);
      if (!(found instanceof Promise)) return { arrival, found };
      return found.then((later) => ({ arrival, found: later }), refused);
    } catch (error) {
      return refused(error);
    }
  }

  #begin({ arrival, found }: Known): Begun {
    const { head, requestId, route, stream } = arrival.request;
    const call = this.#call({
      bound: route.bound,
      requestId,
      time: this.#parts.clock.now(),
      region: found.region,
      caller: found.caller,
      sourceIp: head.sourceIp,
      userAgent: head.get('user-agent') ?? '',
      stream,
    });
    try {
      return { arrival, call, start: this.#start(call, arrival.request.read()) };
    } catch (error) {
      return { arrival, call, failed: { error } };
    }
  }

  async #answer({ arrival, call, start, failed }: Begun): Promise<void> {
    const { protocol, route } = arrival.request;
    try {
      if (start === undefined) throw await this.#fail(call, failed?.error);
      arrival.answer(await this.#perform(call, start, route.encode));
    } catch (error) {
      arrival.answer(protocol.errorReply(error as ServiceError));
    }
  }

  /** Counts and answers a request that failed before it was known who sent it. */
  refuse(protocol: Protocol, error: ServiceError, requestId: string): Reply {
    this.refused.add(error.code);
    if (error.fault === 'server') this.#parts.log.error('a request failed', { requestId, error });
    return protocol.errorReply(error);
  }

  /** The output as the operation gave it. Rejects with ServiceError. */
  invoke({ bound, caller, region, input }: InternalRequest): Promise<unknown> {
    // CloudTrail shows the calling service in the place of address and user agent.
    const from = caller.invokedBy ?? bound.service.eventSource;
    const call = this.#call({
      bound,
      requestId: randomUUID(),
      time: this.#parts.clock.now(),
      region,
      caller,
      sourceIp: from,
      userAgent: from,
    });
    return this.#invoke(call, input);
  }

  async #invoke(call: PipelineCall, input: Fields): Promise<unknown> {
    let start: Start;
    try {
      start = this.#start(call, input);
    } catch (error) {
      throw await this.#fail(call, error);
    }
    return this.#perform(call, start, (output) => output);
  }

  #call(facts: CallFacts): PipelineCall {
    return new PipelineCall(facts, this.#commit);
  }

  /** Validates the input and resolves what it names. */
  #start(call: PipelineCall, input: Fields): Start {
    call.bound.validate(input);
    call.input = input;
    return { input, resolution: call.bound.operation.resolve(input, call) };
  }

  /** Rejects with ServiceError alone. */
  async #perform<R>(call: PipelineCall, start: Start, write: (output: unknown) => R): Promise<R> {
    let result: R | undefined;
    let event: EncodedEvent;
    try {
      result = write(await this.#run(call, start));
      event = call.committed ?? this.#parts.encodeEvent(eventFacts(call));
    } catch (error) {
      await discard(result);
      throw await this.#fail(call, error);
    }
    try {
      await this.#append(call, event);
    } catch (error) {
      await discard(result);
      throw error;
    }
    return result;
  }

  /** Once it met another change, a call runs again with the rows held that it is to change. */
  async #run(call: PipelineCall, { input, resolution }: Start): Promise<unknown> {
    try {
      for (let conflicts = 0, found = resolution; ; found = call.bound.operation.resolve(input, call)) {
        try {
          return await this.#runOnce(call, input, found);
        } catch (error) {
          const waited = error instanceof Waited;
          if (!waited && !(isConflict(error) && call.repeatable && ++conflicts < MAX_RUNS)) throw error;
          call.restart();
          if (!waited) await delay(randomInt(conflicts * BACKOFF_MS));
        }
      }
    } finally {
      if (call.held !== undefined) this.#queues.release(call.held);
    }
  }

  /** A promise only where something must be waited for: most calls find their rows in the cache. */
  #runOnce(call: PipelineCall, input: Fields, resolution: Start['resolution']): unknown {
    if (resolution instanceof Promise)
      return resolution.then((found) => this.#runAllowed(call, input, found, 0));
    return this.#runAllowed(call, input, resolution, 0);
  }

  /** Authorises the targets from `from` on, in their order, then runs. */
  #runAllowed(call: PipelineCall, input: Fields, found: Resolution<unknown>, from: number): unknown {
    const { operation } = call.bound;
    const { targets, resolved } = found;
    if (targets.length === 0) throw new TypeError(`${operation.name} names nothing to authorise`);
    for (let i = from; i < targets.length; i++) {
      const deciding = this.#parts.authorizer.authorize(call, targets[i] as Target);
      if (deciding !== undefined) return deciding.then(() => this.#runAllowed(call, input, found, i + 1));
    }
    return operation.run(input, call, resolved);
  }

  readonly #commit = async (call: PipelineCall, change: RowsChange): Promise<EncodedEvent> => {
    call.held ??= new Set();
    // What the call read may be old by now.
    if ((await this.#queues.take(call.held, change)) && call.repeatable) throw new Waited();
    const event = this.#parts.encodeEvent(eventFacts(call));
    await this.#parts.rows.commit({ ...change, event });
    return event;
  };

  /** The error for the client, once the failure is journalled. */
  async #fail(call: PipelineCall, thrown: unknown): Promise<ServiceError> {
    const error = toServiceError(thrown, call.bound.faults);
    const { requestId, service, operation } = call;
    if (error.fault === 'server') {
      this.#parts.log.error('a call failed', { requestId, service, operation, error });
    } else if (isConflict(error.cause)) {
      this.#parts.log.warn('a call met other changes too often', { requestId, service, operation });
    }
    try {
      // What was committed took effect, so its success is what the journal must say.
      await this.#append(call, call.committed ?? this.#parts.encodeEvent(eventFacts(call, error)));
    } catch (unwritten) {
      return toServiceError(unwritten, call.bound.faults);
    }
    return error;
  }

  /** Resolves when the event is durable. Rejects with ServiceError. */
  async #append(call: PipelineCall, event: EncodedEvent): Promise<void> {
    try {
      await this.#parts.journal.append(event);
    } catch (error) {
      this.#parts.log.error(UNWRITABLE, { requestId: call.requestId, error });
      this.#waitForJournal();
      throw toServiceError(error, call.bound.faults);
    }
    if (call.committed !== undefined) this.#parts.journalled(event.id);
  }

  /** Whatever it takes next shows that it can be written again. */
  #waitForJournal(): void {
    if (this.#unwritable !== undefined) return;
    this.#unwritable = UNWRITABLE;
    const stop = this.#parts.journal.subscribe(() => {
      this.#unwritable = undefined;
      stop();
    });
  }
}

/** An answer that is not given may hold a file. */
const discard = (reply: unknown): Promise<void> | undefined => (reply as Reply | undefined)?.stream?.close();
