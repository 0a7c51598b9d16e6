/** A load process: is given one plan over IPC, carries it out, tells the result, and ends. */
import type { LoadMessage, LoadResult } from './load-contract.ts';

const tell = (message: LoadMessage) => process.send?.(message);

/** `run` calls `measuring` when its measured span begins. */
export const carryOut = <Plan>(run: (plan: Plan, measuring: () => void) => Promise<LoadResult>): void => {
  process.once('message', async (plan: Plan) => {
    tell({ type: 'done', result: await run(plan, () => tell({ type: 'measuring' })) });
    process.disconnect?.();
  });
  tell({ type: 'ready' });
};
