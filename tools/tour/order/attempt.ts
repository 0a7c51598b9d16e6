/** One thing that an order has the operator do, and what came of it. */

/** `use`: the file, by having the key used. `material`: the key's material itself. */
export type Gain = 'material' | 'use';

export interface Attempt {
  /** What was done. */
  readonly how: string;
  readonly got: readonly Gain[];
  readonly said: string;
}

export const nothing = (how: string, said: string): Attempt => ({ how, got: [], said });

/** What servers and HSMs refuse an order with. Anything else that fails is a failure of the tour. */
const refusals = ['KMS.KMSInvalidStateException', 'not-allowed', 'wrong-credential', 'state'];

/** Rejects with what was no refusal. */
export async function attempt(how: string, run: () => Promise<string>): Promise<Attempt> {
  try {
    return { how, got: ['use'], said: await run() };
  } catch (error) {
    const { name, code, message } = error as { name: string; code?: string; message: string };
    const refusal = refusals.find((known) => known === name || known === code);
    if (refusal === undefined) throw error;
    return nothing(how, `${refusal}: ${message}`);
  }
}
