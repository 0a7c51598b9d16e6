/** Longer keys are not kept: a stranger may choose them. */
const KEY_MAX = 512;

/** A map that forgets its oldest entry when full: for values that are cheap to make again. */
export class BoundedCache<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #max: number;
  readonly #make: (key: string) => Value;

  constructor(max: number, make: (key: string) => Value) {
    this.#max = max;
    this.#make = make;
  }

  get(key: string): Value {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const value = this.#make(key);
    if (key.length > KEY_MAX) return value;
    if (this.#entries.size >= this.#max) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, value);
    return value;
  }
}
