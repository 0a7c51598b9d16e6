/**
 * What the host holds of this HSM's place, so that an older store given back is seen at the next start: one mark under way,
 * each for all that was written before it.
 */
import type { Mark } from './client/host-link.ts';

export class Marks {
  readonly #now: () => Mark;
  readonly #send: (mark: Mark) => Promise<unknown>;
  #held = -1;
  #underWay: Promise<void> | undefined;

  constructor(now: () => Mark, send: (mark: Mark) => Promise<unknown>) {
    this.#now = now;
    this.#send = send;
  }

  /** Resolves when the host holds a mark of all that is in the log now. */
  async settled(): Promise<void> {
    const wanted = this.#now().records;
    while (this.#held < wanted) {
      this.#underWay ??= this.#mark();
      await this.#underWay;
    }
  }

  async #mark(): Promise<void> {
    try {
      const mark = this.#now();
      await this.#send(mark);
      this.#held = mark.records;
    } finally {
      this.#underWay = undefined;
    }
  }
}
