/**
 * Runs durable jobs when they are due: at least once, one run at a time for each, again after a failure or a
 * restart. Handlers MUST be idempotent, and MUST look again whether what they are to do is still wanted.
 */
import type { Clock } from '../core/clock.ts';
import type { Json } from '../core/json.ts';
import { type Log, whereFrom } from '../engine/protocol/log.ts';
import { type ClockDoubt, type ClockGuard, explainDoubt } from './clock-guard.ts';
import { dueOf, type JobRecord, type JobRequest, kindPrefix } from './job.ts';
import { JobLease } from './job-lease.ts';
import type { Rows, Stored } from './rows-contract.ts';

export { type JobRequest, schedule } from './job.ts';

export interface JobContext {
  /** Null in a first run. */
  readonly cursor: Json;
  /** The reading of the clock by which the job is due: what destroys MUST go by no other (clock-guard.ts). */
  readonly now: number;
  /** Aborts when the runner stops or has lost the job: the handler should throw soon. */
  readonly signal: AbortSignal;
  /** Durable when it resolves: a later run begins with this cursor. */
  progress(cursor: Json): Promise<void>;
}

export interface JobHandler {
  /** What it does cannot be undone: it waits while the clock is in doubt. */
  readonly destructive: boolean;
  run(job: JobRequest, context: JobContext): Promise<void>;
}

export interface JobRunnerOptions {
  readonly rows: Rows;
  readonly clock: Clock;
  /** By kind. */
  readonly handlers: Readonly<Record<string, JobHandler>>;
  readonly guard: ClockGuard;
  readonly log: Log;
  /** Unique among runners that live; the same after a restart, so that it takes up its own jobs at once. */
  readonly owner: string;
  readonly pollMs?: number;
  readonly leaseMs?: number;
  readonly concurrency?: number;
}

export interface JobStatus {
  readonly running: number;
  /** `held`: destructive jobs are due, and wait because the clock is in doubt. */
  readonly clock: 'trusted' | 'doubted' | 'held';
  /** Kinds that wait. */
  readonly held: readonly string[];
  /** What an operator is to know and do, when the clock is not trusted. */
  readonly message?: string;
}

const PAGE = 32;
const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 3_600_000;
const retryAfter = (failures: number): number => Math.min(RETRY_FIRST_MS * 2 ** failures, RETRY_MOST_MS);

export class JobRunner {
  readonly #options: JobRunnerOptions & { readonly leaseMs: number };
  readonly #pollMs: number;
  readonly #concurrency: number;
  readonly #running = new Map<string, { readonly lease: JobLease; readonly ended: Promise<void> }>();
  #doubt: ClockDoubt | undefined;
  #held: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> | undefined;
  #stopped = false;

  constructor(options: JobRunnerOptions) {
    this.#options = { ...options, leaseMs: options.leaseMs ?? 30_000 };
    this.#pollMs = options.pollMs ?? 1000;
    this.#concurrency = options.concurrency ?? 4;
  }

  start(): void {
    this.#timer = setInterval(() => void this.poll(), this.#pollMs);
    void this.poll();
  }

  /** Begins what is due now, as far as there is room. */
  poll(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#pass ??= this.#beginDue()
      .catch((error: unknown) => this.#options.log('jobs-not-read', whereFrom(error)))
      .finally(() => {
        this.#pass = undefined;
      });
    return this.#pass;
  }

  /** Tells running handlers to stop and waits for them; what they did not finish stays to be done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#pass;
    for (const { lease } of this.#running.values()) lease.stop('the server stops');
    await this.idle();
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  status(): JobStatus {
    const clock = this.#held.length > 0 ? 'held' : this.#doubt ? 'doubted' : 'trusted';
    const status = { running: this.#running.size, clock, held: this.#held } as const;
    return this.#doubt ? { ...status, message: explainDoubt(this.#doubt) } : status;
  }

  async #beginDue(): Promise<void> {
    const now = this.#options.clock.now();
    this.#doubt = await this.#options.guard.check(now);
    const held: string[] = [];
    for (const [kind, handler] of Object.entries(this.#options.handlers)) {
      if (!handler.destructive || !this.#doubt) await this.#beginKind(kind, handler, now);
      else if ((await this.#due(kind, now, undefined, 1)).length > 0) held.push(kind);
    }
    const news = held.filter((kind) => !this.#held.includes(kind));
    this.#held = held;
    if (this.#doubt && news.length > 0)
      this.#options.log('jobs-held', { kinds: news.join(' '), message: explainDoubt(this.#doubt) });
  }

  async #beginKind(kind: string, handler: JobHandler, now: number): Promise<void> {
    for (let after: string | undefined; ; ) {
      const page = await this.#due(kind, now, after, PAGE);
      for (const stored of page) {
        if (this.#running.size >= this.#concurrency || this.#stopped) return;
        if (this.#free(stored)) this.#begin(stored, handler, now);
      }
      if (page.length < PAGE) return;
      after = page.at(-1)?.id;
    }
  }

  async #due(
    kind: string,
    now: number,
    after: string | undefined,
    limit: number,
  ): Promise<readonly Stored<JobRecord>[]> {
    const page = { limit, ...(after !== undefined && { after }) };
    const found = await this.#options.rows.scan<JobRecord>('job', kindPrefix(kind), page);
    const end = found.findIndex(({ id }) => dueOf(id) > now);
    return end === -1 ? found : found.slice(0, end);
  }

  #free({ id, value: { lease } }: Stored<JobRecord>): boolean {
    if (this.#running.has(id)) return false;
    return lease === null || lease.owner === this.#options.owner || lease.until <= this.#options.clock.now();
  }

  #begin(stored: Stored<JobRecord>, handler: JobHandler, now: number): void {
    const lease = new JobLease(stored, this.#options);
    const ended = this.#run(lease, handler, now).then((done) => {
      this.#running.delete(stored.id);
      // There is room again. After trouble the next poll is soon enough.
      if (done) setImmediate(() => void this.poll());
    });
    this.#running.set(stored.id, { lease, ended });
  }

  /** Whether the job is done. Never rejects. */
  async #run(lease: JobLease, handler: JobHandler, now: number): Promise<boolean> {
    const { kind, id, failures } = lease.record;
    const trouble = (event: string) => (error: unknown) =>
      this.#options.log(event, { kind, id, failures, ...whereFrom(error) });
    try {
      await lease.hold();
    } catch (error) {
      // Another runner was quicker, or the store cannot be written: the row says so at the next poll.
      if (!lease.signal.aborted) trouble('job-not-begun')(error);
      return false;
    }
    const renewal = setInterval(
      () => void lease.hold().catch(trouble('job-lease-not-renewed')),
      this.#renewMs(),
    );
    renewal.unref();
    try {
      await handler.run(lease.record, {
        cursor: lease.record.cursor,
        now,
        signal: lease.signal,
        progress: (cursor) => lease.progress(cursor),
      });
      clearInterval(renewal);
      await lease.done();
      return true;
    } catch (error) {
      clearInterval(renewal);
      // What the runner's stop interrupts goes on at the next start.
      if (!(this.#stopped && lease.signal.aborted)) trouble('job-failed')(error);
      await this.#giveBack(lease).catch(trouble('job-not-given-back'));
      return false;
    }
  }

  async #giveBack(lease: JobLease): Promise<void> {
    if (this.#stopped) await lease.release();
    else if (!lease.signal.aborted)
      await lease.retry(this.#options.clock.now() + retryAfter(lease.record.failures));
  }

  #renewMs(): number {
    return Math.max(1, Math.floor(this.#options.leaseMs / 3));
  }
}
