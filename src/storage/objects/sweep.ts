/** Removes files that no row names: what a crash left of a write, or of a deletion. */
import type { Rows } from '../../store/rows-contract.ts';
import { scanAll } from '../../store/scan-all.ts';
import type { ObjectFiles } from './files.ts';
import type { StoredObject } from './rows.ts';

/**
 * `names`: the files that there were before anything could be written. Resolves with how many are removed; rejects, and
 * removes nothing, when not all rows can be read.
 */
export async function sweep(names: Set<string>, rows: Rows, files: ObjectFiles): Promise<number> {
  if (names.size === 0) return 0;
  for await (const { value } of scanAll<StoredObject>(rows, 'object', '')) {
    names.delete(value.generation);
    if (names.size === 0) break;
  }
  files.remove([...names]);
  return names.size;
}
