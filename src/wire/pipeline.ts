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

/** The call waited for the rows that it is to change, and holds them now: it runs again. */
class Waited extends Error {}

export class Pipeline {
  /** What was refused before it was known who asked, by error code. */
  readonly refused = new Counts();
  readonly #parts: PipelineParts;
  readonly #queues = new RowQueues(MAX_WAITING);
  #unwritable: string | undefined;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  /** Why no call can succeed now, or undefined. */
  get unready(): string | undefined {
    return this.#unwritable;
  }

  /** Never rejects. */
  async serve(request: Request): Promise<Reply> {
    const { head, requestId, protocol, route } = request;
    let authenticated: Authenticated;
    try {
      const { name } = route.bound.service;
      const found = protocol.authenticator.authenticate(head, name, request.payloadHash);
      authenticated = found instanceof Promise ? await found : found;
    } catch (error) {
      return this.refuse(protocol, toServiceError(error, route.bound.faults), requestId);
    }
    const call = this.#call({
      bound: route.bound,
      requestId,
      time: this.#parts.clock.now(),
      region: authenticated.region,
      caller: authenticated.caller,
      sourceIp: head.sourceIp,
      userAgent: head.get('user-agent') ?? '',
      stream: request.stream,
    });
    try {
      return await this.#perform(call, () => request.read(), route.encode);
    } catch (error) {
      return protocol.errorReply(error as ServiceError);
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
    return this.#perform(
      call,
      () => input,
      (output) => output,
    );
  }

  #call(facts: CallFacts): PipelineCall {
    return new PipelineCall(facts, this.#commit);
  }

  /** Rejects with ServiceError alone. */
  async #perform<R>(call: PipelineCall, read: () => Fields, write: (output: unknown) => R): Promise<R> {
    let result: R | undefined;
    let event: EncodedEvent;
    try {
      const input = read();
      call.bound.validate(input);
      call.input = input;
      result = write(await this.#run(call, input));
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
  async #run(call: PipelineCall, input: Fields): Promise<unknown> {
    try {
      for (let conflicts = 0; ; ) {
        try {
          return await this.#runOnce(call, input);
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
  #runOnce(call: PipelineCall, input: Fields): unknown {
    const resolving = call.bound.operation.resolve(input, call);
    if (resolving instanceof Promise)
      return resolving.then((found) => this.#runAllowed(call, input, found, 0));
    return this.#runAllowed(call, input, resolving, 0);
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
