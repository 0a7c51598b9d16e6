import { type TamperAnswer, tamperAnswers } from './protocol/values.ts';
import type { Store } from './store/store.ts';

/**
 * What the tenant wants done, and whether keys are erased. Whoever altered the superblock shall not choose the answer to
 * it: before it is known to be the HSM's own, what can be undone is done.
 */
export function answerTo(
  store: Store | undefined,
  heldElsewhere: boolean,
): { readonly answer: TamperAnswer; readonly zeroize: boolean } {
  const stored = tamperAnswers[store?.facts?.tamperAnswer ?? 0] ?? 'halt';
  const answer = store?.authentic === true ? stored : 'halt';
  return { answer, zeroize: answer === 'zeroize-always' || (answer === 'auto' && heldElsewhere) };
}
