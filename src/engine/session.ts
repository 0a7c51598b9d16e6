/** The span in which one front's uses of keys count from 1: from a pair's first hello to its end. */
import { randomBytes } from 'node:crypto';

export class Session {
  readonly id: string = randomBytes(16).toString('hex');
  readonly #counters = new Map<string, number>();

  /** The number of this use of the material. One small entry a material used, as long as the pair lasts. */
  count(materialId: string): number {
    const value = (this.#counters.get(materialId) ?? 0) + 1;
    this.#counters.set(materialId, value);
    return value;
  }
}
