/** Answers batches of requests: first all writes in groups, then what only reads, then what takes long. */
import type { DatabaseSync } from 'node:sqlite';
import type { StoreError } from '../contract.ts';
import { backup } from './backup.ts';
import { erase } from './erase.ts';
import { diagnose } from './failures.ts';
import type { Reply, Request, RequestOf, WorkerOptions } from './messages.ts';
import { Reads } from './reads.ts';
import { type Write, Writes } from './writes.ts';

/** Bounds the time that the first of a group waits for the last. */
const GROUP = 512;

type Question = Exclude<Request, Write | RequestOf<'erase' | 'backup' | 'close'>>;
const isWrite = (request: Request): request is Write =>
  request.op === 'commit' || request.op === 'dropOutbox';

export class Service {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #send: (replies: readonly Reply[]) => void;
  readonly #reads: Reads;
  readonly #writes: Writes;
  /** Settles when the backups that run have ended: an erasure waits for them, since they hold old pages. */
  #backups: Promise<unknown> = Promise.resolve();
  #failure: StoreError | undefined;

  constructor(db: DatabaseSync, options: WorkerOptions, send: (replies: readonly Reply[]) => void) {
    this.#db = db;
    this.#path = options.path;
    this.#send = send;
    this.#reads = new Reads(db);
    this.#writes = new Writes(db, this.#reads, options.path, options.keepChanges);
  }

  handle(batch: readonly Request[]): void {
    const writes = batch.filter(isWrite);
    for (let at = 0; at < writes.length; at += GROUP) this.#write(writes.slice(at, at + GROUP));
    const replies: Reply[] = [];
    for (const request of batch) {
      if (isWrite(request)) continue;
      if (request.op === 'erase' || request.op === 'backup' || request.op === 'close')
        void this.#long(request);
      else replies.push(this.#attempt(request.seq, () => this.#answer(request)));
    }
    if (replies.length > 0) this.#send(replies);
  }

  #write(group: readonly Write[]): void {
    const failure = this.#failure;
    const outcomes = failure ? group.map(() => ({ error: failure })) : this.#writes.apply(group);
    this.#send(
      outcomes.map((outcome, i) => {
        const seq = group[i]?.seq ?? -1;
        return 'error' in outcome ? this.#failed(seq, outcome.error) : { seq, value: outcome.value };
      }),
    );
  }

  #answer(request: Question): unknown {
    switch (request.op) {
      case 'get':
        return this.#reads.get(request.table, request.id);
      case 'scan':
        return this.#reads.scan(request.table, request.prefix, request.options);
      case 'count':
        return this.#reads.count(request.table, request.prefix);
      case 'changes':
        return this.#reads.changes(request.position, request.limit);
      case 'position':
        return this.#reads.meta('position');
      case 'outbox':
        return this.#reads.outbox(request.limit);
    }
  }

  async #long(request: RequestOf<'erase' | 'backup' | 'close'>): Promise<void> {
    const { seq } = request;
    try {
      if (this.#failure && request.op !== 'close') throw this.#failure;
      this.#send([{ seq, value: await this.#run(request) }]);
    } catch (error) {
      this.#send([this.#failed(seq, error)]);
    }
  }

  async #run(request: RequestOf<'erase' | 'backup' | 'close'>): Promise<unknown> {
    if (request.op === 'backup') {
      const progress = (done: number, total: number) => this.#send([{ seq: request.seq, done, total }]);
      const running = backup(this.#path, request.path, progress);
      this.#backups = Promise.allSettled([this.#backups, running]);
      return running;
    }
    await this.#backups;
    if (request.op === 'erase') return erase(this.#db);
    this.#db.close();
    return undefined;
  }

  #attempt(seq: number, work: () => unknown): Reply {
    try {
      if (this.#failure) throw this.#failure;
      return { seq, value: work() };
    } catch (error) {
      return this.#failed(seq, error);
    }
  }

  #failed(seq: number, cause: unknown): Reply {
    const { error, fatal } = diagnose(cause, this.#path);
    if (fatal) this.#failure ??= error;
    return { seq, failure: { code: error.code, message: error.message } };
  }
}
