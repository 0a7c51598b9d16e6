/** Puts the end of the audit log down in the store, so that what is cut off it is missed though nothing else was stored. */
import { HsmError } from './protocol/errors.ts';
import type { Store } from './store/store.ts';

const EVERY_MS = 60_000;

export class AuditHeads {
  #store: Store | undefined;
  #timer: NodeJS.Timeout | undefined;

  begin(store: Store): void {
    this.end();
    this.#store = store;
    this.#timer = setInterval(() => this.note(), EVERY_MS).unref();
  }

  note(): void {
    try {
      this.#store?.noteAudit();
    } catch (error) {
      // Where there is no room now, there may be at the next time.
      if (!(error instanceof HsmError)) throw error;
    }
  }

  end(): void {
    clearInterval(this.#timer);
    this.#store = undefined;
  }
}
