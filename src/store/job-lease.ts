/**
 * One runner's hold on one job. Its writes follow each other; when one meets a version that it did not expect,
 * somebody else has taken the job: the lease is lost and the handler is told to stop.
 */
import type { Clock } from '../core/clock.ts';
import type { Json } from '../core/json.ts';
import { type RowRef, StoreError } from './contract.ts';
import { type JobRecord, putJob } from './job.ts';
import type { Rows, RowsChange, Stored } from './rows-contract.ts';

export interface LeaseOptions {
  readonly rows: Rows;
  readonly clock: Clock;
  readonly owner: string;
  readonly leaseMs: number;
}

export class JobLease {
  readonly #options: LeaseOptions;
  readonly #place: RowRef;
  readonly #abort = new AbortController();
  #version: number;
  #record: JobRecord;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(stored: Stored<JobRecord>, options: LeaseOptions) {
    this.#options = options;
    this.#place = { table: 'job', id: stored.id };
    this.#version = stored.version;
    this.#record = stored.value;
  }

  /** Aborts when the lease is lost or the runner stops. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get record(): JobRecord {
    return this.#record;
  }

  stop(reason: string): void {
    this.#abort.abort(new Error(reason));
  }

  /** Takes or renews the lease. */
  hold(): Promise<void> {
    return this.#write((record) => this.#held(record));
  }

  /** Makes the cursor durable, from which the next run goes on. */
  progress(cursor: Json): Promise<void> {
    return this.#write((record) => ({ ...this.#held(record), cursor }));
  }

  /** Gives the job back as it is. */
  release(): Promise<void> {
    return this.#write((record) => ({ ...record, lease: null }));
  }

  done(): Promise<void> {
    return this.#commit(() => ({ delete: [{ ...this.#place, version: this.#version }] }));
  }

  /** The run failed: another comes at `at`. */
  retry(at: number): Promise<void> {
    return this.#commit(() => ({
      ...putJob(at, { ...this.#record, failures: this.#record.failures + 1, lease: null }),
      delete: [{ ...this.#place, version: this.#version }],
    }));
  }

  #held(record: JobRecord): JobRecord {
    const { owner, clock, leaseMs } = this.#options;
    return { ...record, lease: { owner, until: clock.now() + leaseMs } };
  }

  async #write(change: (record: JobRecord) => JobRecord): Promise<void> {
    await this.#commit(() => {
      const value = change(this.#record);
      return { put: [{ ...this.#place, version: this.#version + 1, value }] };
    });
  }

  #commit(change: () => RowsChange): Promise<void> {
    const next = this.#turn.then(() => this.#commitNow(change()));
    this.#turn = next.catch(() => {});
    return next;
  }

  async #commitNow(change: RowsChange): Promise<void> {
    try {
      await this.#options.rows.commit(change);
    } catch (error) {
      if (error instanceof StoreError && error.code === 'conflict') this.stop('another has taken the job');
      throw error;
    }
    const written = change.put?.find(({ id }) => id === this.#place.id);
    if (!written) return;
    this.#version = written.version;
    this.#record = written.value as JobRecord;
  }
}
