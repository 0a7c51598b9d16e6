/** Looks again and again until there is an answer. */
import { setTimeout as wait } from 'node:timers/promises';

const PATIENCE_MS = 45_000;
const LOOK_MS = 50;

export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await wait(LOOK_MS);
  }
}
