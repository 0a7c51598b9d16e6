/** Who is logged in on this HSM. A session belongs to a connection, and to one password of its user. */
import type { UserRole } from './protocol/values.ts';

export interface Session {
  readonly user: string;
  readonly role: UserRole;
  /** Names the password that it began with. */
  version: string;
  /** The connection forgets it. */
  end(): void;
}

export class Sessions {
  readonly #open = new Set<Session>();

  add(session: Session): void {
    this.#open.add(session);
  }

  remove(session: Session): void {
    this.#open.delete(session);
  }

  /** It has not ended. */
  has(session: Session): boolean {
    return this.#open.has(session);
  }

  count(user: string): number {
    let count = 0;
    for (const session of this.#open) if (session.user === user) count += 1;
    return count;
  }

  /** Ends those that began with another password than `version`; without one, all of the user's. */
  endOthers(user: string, version: string | undefined): void {
    for (const session of [...this.#open]) {
      if (session.user === user && session.version !== version) session.end();
    }
  }

  endAll(): void {
    for (const session of [...this.#open]) session.end();
  }
}
