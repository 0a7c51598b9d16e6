/** Takes key material out of the engines and the store. What was deleted from the store is erased by `kms.erase`. */
import type { MaterialId } from '../core/ids.ts';
import type { RowsChange } from '../store/rows-contract.ts';
import { joinChanges, replaceKey } from './change.ts';
import type { KeyRecord } from './key.ts';
import type { Kms, StoredKey } from './kms.ts';
import { materialGone } from './lineage.ts';
import { materialRow } from './materials.ts';
import type { When } from './new-key.ts';
import { withoutMaterial } from './rules/imported-material.ts';

/** Rows' part of the commit after which nothing opens the material; the engines have forgotten it before. */
export async function dropMaterial(
  kms: Kms,
  key: StoredKey,
  id: MaterialId,
  why: 'deleted' | 'expired' | 'destroyed',
  when: When,
): Promise<RowsChange> {
  const handle = await kms.materials.find(key.value, id);
  const erasure = handle && (await kms.backend.destroy(handle));
  const row = materialRow(key.value, id);
  const stored = await kms.rows.get(row.table, row.id);
  const gone = stored === undefined ? {} : { delete: [{ ...row, version: stored.version }] };
  return joinChanges(gone, await materialGone(kms.rows, key, id, why, when, erasure));
}

/** The same for imported material of a key that stays. */
export async function removeMaterial(
  kms: Kms,
  stored: StoredKey,
  id: MaterialId,
  why: 'deleted' | 'expired',
  when: When,
): Promise<{ readonly key: KeyRecord; readonly change: RowsChange }> {
  const key = withoutMaterial(stored.value, id);
  const change = joinChanges(replaceKey(stored, key), await dropMaterial(kms, stored, id, why, when));
  return { key, change };
}
