/**
 * How often each key was used on this HSM: counted in memory, put into the audit log for a key at most every two seconds
 * and at an orderly end. A count that a kill cuts off is short by at most what those seconds held.
 */
import type { AuditLog } from './audit-log.ts';
import { HsmError } from './protocol/errors.ts';

const REPORT_MS = 2_000;
/** Or after this many uses. */
const REPORT_USES = 100_000;

interface Count {
  session: number;
  total: number;
  reported: number;
}

export class Uses {
  readonly #audit: AuditLog;
  readonly #counts = new Map<string, Count>();
  readonly #timer: NodeJS.Timeout;

  constructor(audit: AuditLog) {
    this.#audit = audit;
    this.#timer = setInterval(() => this.#reportIfPossible(), REPORT_MS).unref();
  }

  /** Counts one use: how many there were in this session. */
  count(handle: string): number {
    const count = this.#countOf(handle);
    count.session += 1;
    count.total += 1;
    if (count.total - count.reported >= REPORT_USES) this.#report(handle, count);
    return count.session;
  }

  total(handle: string): number {
    return this.#counts.get(handle)?.total ?? this.#audit.uses.get(handle) ?? 0;
  }

  report(): void {
    for (const [handle, count] of this.#counts) if (count.total > count.reported) this.#report(handle, count);
  }

  /** Where there is no room now, there may be at the next time; `count` refuses when too many wait. */
  #reportIfPossible(): void {
    try {
      this.report();
    } catch (error) {
      if (!(error instanceof HsmError)) throw error;
    }
  }

  /** Reports, and counts no more. */
  close(): void {
    clearInterval(this.#timer);
    this.#reportIfPossible();
  }

  #report(handle: string, count: Count): void {
    this.#audit.write('KEY_USES', { key: handle, details: { session: count.session, total: count.total } });
    count.reported = count.total;
  }

  #countOf(handle: string): Count {
    const known = this.#counts.get(handle);
    if (known !== undefined) return known;
    const total = this.#audit.uses.get(handle) ?? 0;
    const count = { session: 0, total, reported: total };
    this.#counts.set(handle, count);
    return count;
  }
}
