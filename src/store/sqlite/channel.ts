/**
 * Calls to the store's worker. What is called in one turn of the event loop travels in one message. When the
 * worker ends, whatever the cause, every call that waits and every later one rejects with `unavailable`.
 */
import type { Worker } from 'node:worker_threads';
import { StoreError } from '../contract.ts';
import { OPENED, type OperationName, type Operations, type Reply, type Request } from './messages.ts';

type Progress = (done: number, total: number) => void;
interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: StoreError) => void;
  readonly progress: Progress | undefined;
}

export class Channel {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #queue: Request[] = [];
  #seq = OPENED;
  #ended: StoreError | undefined;
  /** Resolves when the worker has opened the store. */
  readonly opened: Promise<void>;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.opened = new Promise((resolve, reject) => {
      this.#waiting.set(OPENED, { resolve, reject, progress: undefined });
    });
    worker.on('message', (replies: readonly Reply[]) => {
      for (const reply of replies) this.#settle(reply);
    });
    worker.on('error', (error) => this.end(`the store's worker failed: ${String(error)}`));
    worker.on('messageerror', (error) =>
      this.end(`the store's worker sent what cannot be read: ${error.message}`),
    );
    worker.on('exit', () => this.end("the store's worker ended"));
  }

  call<Name extends OperationName>(
    op: Name,
    args: Operations[Name]['args'],
    progress?: Progress,
  ): Promise<Operations[Name]['result']> {
    if (this.#ended) return Promise.reject(this.#ended);
    this.#seq += 1;
    const seq = this.#seq;
    if (this.#queue.length === 0) setImmediate(() => this.#flush());
    this.#queue.push({ seq, op, ...args } as unknown as Request);
    return new Promise((resolve, reject) => this.#waiting.set(seq, { resolve, reject, progress }));
  }

  /** Rejects all that waits, and stops the worker. */
  end(why: string): void {
    this.#ended ??= new StoreError('unavailable', why);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#ended);
    void this.#worker.terminate();
  }

  #flush(): void {
    const batch = this.#queue;
    this.#queue = [];
    if (!this.#ended) this.#worker.postMessage(batch);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.seq);
    if (!waiting) return;
    if ('done' in reply) {
      waiting.progress?.(reply.done, reply.total);
      return;
    }
    this.#waiting.delete(reply.seq);
    if ('failure' in reply) waiting.reject(new StoreError(reply.failure.code, reply.failure.message));
    else waiting.resolve(reply.value as never);
  }
}
