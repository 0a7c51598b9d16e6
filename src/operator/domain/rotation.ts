/**
 * The rotation of the domain key as a durable job: a fresh current key, every token re-encrypted under it, the
 * older keys dropped from the state, and what was under them erased. It goes on where it was interrupted, and
 * tokens open at every moment: older keys stay until no token, stored or in use, is under them.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Json } from '../../core/json.ts';
import type { Engine } from '../../engine/protocol/messages.ts';
import type { Store } from '../../store/contract.ts';
import { type JobContext, type JobHandler, type JobRequest, schedule } from '../../store/jobs.ts';
import type { Rows, RowsChange, Stored } from '../../store/rows-contract.ts';
import type { Domain } from './domain.ts';
import { firstCursor, type RewrapCursor, rewrapPage } from './rewrap.ts';

export interface RotationParts {
  readonly domain: Domain;
  readonly rows: Rows;
  readonly engine: Engine;
  readonly store: Store;
  /**
   * How long a call may hold a token that it read before: milliseconds. Not shorter than the deadline of the
   * engine's client. Default 15,000.
   */
  readonly settleMs?: number;
}

export const ROTATION_JOB = 'rotate-domain-key';
const SETTLE_MS = 15_000;

export type Phase = 'rotate' | 're-encrypt' | 'settle' | 'erase';
interface Progress extends RewrapCursor {
  readonly phase: Exclude<Phase, 'rotate'>;
  /** The domain key that tokens are brought under. */
  readonly target: number;
}

/** Rows that make the rotation begin: from `fromKey`, or not at all when that is no longer the current key. */
export const scheduleRotation = (now: number, fromKey: number): RowsChange =>
  schedule({ id: 'domain', kind: ROTATION_JOB, due: now, payload: { fromKey } });

export interface RotationStatus {
  readonly phase: Phase;
  /** Rows that were looked at, and tokens that were re-encrypted. */
  readonly seen: number;
  readonly rewrapped: number;
  /** Runs that failed; the server's log says why. */
  readonly failures: number;
}

/** Undefined when none is under way. */
export async function rotationStatus(rows: Rows): Promise<RotationStatus | undefined> {
  const [job] = await rows.scan<{ cursor: Json; failures: number }>('job', `${ROTATION_JOB}/`, { limit: 1 });
  return job && statusOf(job);
}

function statusOf({ value }: Stored<{ cursor: Json; failures: number }>): RotationStatus {
  const { failures } = value;
  const progress = value.cursor as unknown as Progress | null;
  if (progress === null) return { phase: 'rotate', seen: 0, rewrapped: 0, failures };
  const { phase, seen, rewrapped } = progress;
  return { phase, seen, rewrapped, failures };
}

export const rotationJob = (parts: RotationParts): JobHandler => ({
  destructive: false,
  run: (job, context) => new Rotation(parts, context).run(job),
});

class Rotation {
  readonly #parts: RotationParts;
  readonly #context: JobContext;

  constructor(parts: RotationParts, context: JobContext) {
    this.#parts = parts;
    this.#context = context;
  }

  async run(job: JobRequest): Promise<void> {
    let progress = (this.#context.cursor as unknown as Progress | null) ?? (await this.#begin(job));
    if (progress.target !== this.#parts.domain.inForce.currentKey) progress = await this.#from(firstCursor);
    if (progress.phase === 're-encrypt') progress = await this.#rewrapAll(progress);
    if (progress.phase === 'settle') progress = await this.#retire(progress);
    await this.#parts.store.erase();
  }

  async #begin({ payload }: JobRequest): Promise<Progress> {
    const { domain } = this.#parts;
    // A run that was killed after the rotation finds it done.
    if (domain.inForce.currentKey === payload.fromKey) await domain.rotate();
    return this.#from(firstCursor);
  }

  #from(cursor: RewrapCursor): Promise<Progress> {
    return this.#note({ phase: 're-encrypt', target: this.#parts.domain.inForce.currentKey, ...cursor });
  }

  async #rewrapAll(start: Progress): Promise<Progress> {
    const { target } = start;
    let progress = start;
    for (;;) {
      this.#context.signal.throwIfAborted();
      const next = await rewrapPage(progress, { ...this.#parts, target });
      if (next === undefined) return this.#note({ ...progress, phase: 'settle' });
      progress = await this.#note({ ...progress, ...next });
    }
  }

  async #retire(progress: Progress): Promise<Progress> {
    const { domain, settleMs = SETTLE_MS } = this.#parts;
    if (domain.inForce.keys.length > 1) {
      await wait(settleMs, undefined, { signal: this.#context.signal });
      await domain.retire(progress.target);
    }
    return this.#note({ ...progress, phase: 'erase' });
  }

  async #note(progress: Progress): Promise<Progress> {
    await this.#context.progress({ ...progress });
    return progress;
  }
}
