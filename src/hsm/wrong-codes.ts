/** Wrong unlock codes: anybody who reaches the HSM can try, so they are written down as a number, at most once a minute. */
import type { AuditLog } from './audit-log.ts';

const REPORT_MS = 60_000;

export class WrongCodes {
  readonly #audit: () => AuditLog | undefined;
  #unwritten = 0;
  #written = Number.NEGATIVE_INFINITY;

  constructor(audit: () => AuditLog | undefined) {
    this.#audit = audit;
  }

  count(): void {
    this.#unwritten += 1;
    if (performance.now() - this.#written >= REPORT_MS) this.report();
  }

  report(): void {
    if (this.#unwritten === 0) return;
    this.#written = performance.now();
    const details = { wrong: this.#unwritten };
    this.#unwritten = 0;
    this.#audit()?.note('UNLOCK', { result: 'wrong-credential', details });
  }
}
