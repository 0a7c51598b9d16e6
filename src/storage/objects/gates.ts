/** Within this process: the end of a bucket must not meet changes of what is in it. */
import { operationAborted } from './errors.ts';

interface Gate {
  inside: number;
  closed: boolean;
  empty: () => void;
}

/** Many may change what is in a bucket at once; who closes it waits until they are through, and is alone. */
export class BucketGates {
  readonly #gates = new Map<string, Gate>();

  async enter<T>(bucket: string, work: () => Promise<T>): Promise<T> {
    const gate = this.#gate(bucket);
    if (gate.closed) throw operationAborted();
    gate.inside += 1;
    try {
      return await work();
    } finally {
      gate.inside -= 1;
      if (gate.inside === 0) gate.empty();
      this.#forget(bucket, gate);
    }
  }

  async close<T>(bucket: string, work: () => Promise<T>): Promise<T> {
    const gate = this.#gate(bucket);
    if (gate.closed) throw operationAborted();
    gate.closed = true;
    try {
      if (gate.inside > 0) await new Promise<void>((resolve) => (gate.empty = resolve));
      return await work();
    } finally {
      gate.closed = false;
      this.#forget(bucket, gate);
    }
  }

  #gate(bucket: string): Gate {
    let gate = this.#gates.get(bucket);
    if (gate === undefined) {
      gate = { inside: 0, closed: false, empty: () => undefined };
      this.#gates.set(bucket, gate);
    }
    return gate;
  }

  #forget(bucket: string, gate: Gate): void {
    if (gate.inside === 0 && !gate.closed) this.#gates.delete(bucket);
  }
}
