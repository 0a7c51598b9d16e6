/**
 * How often each key was used on this HSM: counted in memory, put into the audit log for a key at most hourly, when it is
 * deleted, and at an orderly end. A count that a kill cuts off is short by at most what that hour held, and never by
 * more than REPORT_USES.
 */
import type { AuditLog } from './audit-log.ts';
import { HsmError } from './protocol/errors.ts';

/** More often would fill the log: an HSM reads all of it at its start. */
const REPORT_MS = 3_600_000;
/** Or after this many uses. Of the 2^28 that a key has with random IVs, 200 kills could hide a part, of 2^32 none. */
const REPORT_USES = 1_000_000;

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
    return this.#counts.get(handle)?.total ?? this.#audit.usesBefore(handle);
  }

  /** The key is no more. */
  end(handle: string): void {
    this.#reportIfPossible([handle]);
    this.#counts.delete(handle);
  }

  /** Reports, and counts no more. */
  close(): void {
    clearInterval(this.#timer);
    this.#reportIfPossible();
  }

  /** Where there is no room now, there may be at the next time; `count` refuses when too many wait. */
  #reportIfPossible(handles: Iterable<string> = this.#counts.keys()): void {
    try {
      for (const handle of handles) {
        const count = this.#counts.get(handle);
        if (count !== undefined && count.total > count.reported) this.#report(handle, count);
      }
    } catch (error) {
      if (!(error instanceof HsmError)) throw error;
    }
  }

  #report(handle: string, count: Count): void {
    this.#audit.write('KEY_USES', { key: handle, details: { session: count.session, total: count.total } });
    count.reported = count.total;
  }

  #countOf(handle: string): Count {
    const known = this.#counts.get(handle);
    if (known !== undefined) return known;
    const total = this.#audit.usesBefore(handle);
    const count = { session: 0, total, reported: total };
    this.#counts.set(handle, count);
    return count;
  }
}
