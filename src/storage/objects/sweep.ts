/** Removes files that no row names: what a crash left of a write, or of a deletion. */
import type { Rows } from '../../store/rows-contract.ts';
import type { ObjectFiles } from './files.ts';
import type { ObjectRow } from './rows.ts';

const PAGE = 500;

/**
 * `names`: the files that there were before anything could be written. Resolves with how many are removed; rejects, and
 * removes nothing, when not all rows can be read.
 */
export async function sweep(names: Set<string>, rows: Rows, files: ObjectFiles): Promise<number> {
  let after: string | undefined;
  for (let full = true; full && names.size > 0; ) {
    const page = await rows.scan<ObjectRow>('object', '', {
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    for (const { value } of page) names.delete(value.generation);
    after = page.at(-1)?.id;
    full = page.length === PAGE;
  }
  files.remove([...names]);
  return names.size;
}
