/**
 * What a load process measures: warms up, counts, and tells the result. The measured span begins and ends with an answer,
 * so that a few long ones are counted as exactly as many short ones. Latencies go to an HDR histogram of three significant
 * figures, in microseconds.
 */
import { createHistogram, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadResult, Span } from './load-contract.ts';

/** For an answer that does not come. */
const PATIENCE_MS = 30_000;

export class Meter {
  readonly #latencies = createHistogram({ figures: 3 });
  #answers = 0;
  #errors = 0;
  #firstError = '';
  #measuring = false;
  #next = Promise.withResolvers<void>();

  answered(milliseconds: number): void {
    if (this.#measuring) {
      this.#answers += 1;
      this.#latencies.record(Math.max(1, Math.round(milliseconds * 1000)));
    }
    this.#note();
  }

  failed(reason: string): void {
    this.#errors += 1;
    this.#firstError ||= reason;
    this.#note();
  }

  /** `begin` is called when the measured span begins. */
  async measure({ warmUpMs, measureMs }: Span, begin: () => void): Promise<LoadResult> {
    await sleep(warmUpMs);
    await this.#something();
    begin();
    const started = performance.now();
    this.#measuring = true;
    await sleep(measureMs);
    await this.#something();
    this.#measuring = false;
    const seconds = (performance.now() - started) / 1000;
    const ms = (microseconds: number) => (this.#answers === 0 ? 0 : microseconds / 1000);
    return {
      seconds,
      answers: this.#answers,
      errors: this.#errors,
      firstError: this.#firstError,
      p50Ms: ms(this.#latencies.percentile(50)),
      p99Ms: ms(this.#latencies.percentile(99)),
      maxMs: ms(this.#latencies.max),
    };
  }

  /** The next answer or failure. */
  async #something(): Promise<void> {
    const patience = new AbortController();
    const waited = sleep(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([this.#next.promise, waited]);
    patience.abort();
  }

  #note(): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers<void>();
    resolve();
  }
}
