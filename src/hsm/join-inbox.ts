/** What comes for an HSM that joins, by the link it comes on: whose word counts is known only when all of it is there. */
import { HsmError } from './protocol/errors.ts';
import { CHANGE_OVERHEAD } from './protocol/peer-messages.ts';
import type { Change } from './vault.ts';

/** Of all links together: as much as a log holds (store/log.ts, MAX_CHAIN). */
const MAX_SIZE = 256 * 1024 * 1024;

export class JoinInbox {
  readonly #byLink = new Map<object, Change[]>();
  #size = 0;

  /** Throws `full`. */
  add(from: object, changes: readonly Change[]): void {
    const size = sizeOf(changes);
    if (this.#size + size > MAX_SIZE) throw new HsmError('full', 'more came than an HSM can hold');
    this.#size += size;
    const held = this.#byLink.get(from) ?? [];
    for (const change of changes) held.push(change);
    this.#byLink.set(from, held);
  }

  of(from: object): readonly Change[] {
    return this.#byLink.get(from) ?? [];
  }

  drop(from: object): void {
    this.#size -= sizeOf(this.of(from));
    this.#byLink.delete(from);
  }
}

const sizeOf = (changes: readonly Change[]): number =>
  changes.reduce((size, { content }) => size + content.length + CHANGE_OVERHEAD, 0);
