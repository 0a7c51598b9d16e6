/** Whether something that was deleted may still be in the store's files. */
import { dueOf, kindPrefix } from '../../store/job.ts';
import type { Rows } from '../../store/rows-contract.ts';
import { DESTROY, ERASE, EXPIRE } from './kms.ts';

/** What is overdue erases when it is done; one that waits because the clock is in doubt counts too. */
export async function erasurePending(rows: Rows, now: number): Promise<boolean> {
  const first = await Promise.all(
    [ERASE, DESTROY, EXPIRE].map((kind) => rows.scan<object>('job', kindPrefix(kind), { limit: 1 })),
  );
  return first.some(([job], index) => job !== undefined && (index === 0 || dueOf(job.id) <= now));
}
