/**
 * Imported key material in a restored store: what was deleted or has expired since the backup goes again, and what was
 * imported again expires when that import said.
 */
import { joinChanges, replaceKey } from '../../kms/change.ts';
import type { ImportedMaterial, Material } from '../../kms/key.ts';
import type { StoredKey } from '../../kms/kms.ts';
import { removeMaterial } from '../../kms/remove-material.ts';
import { withMaterial } from '../../kms/rules/imported-material.ts';
import { ownEvent } from '../own-event.ts';
import type { MaterialWish, Wish, Wishes } from './journal-wishes.ts';
import { commitRepeated, findKey, type RepeatParts } from './repeat-key.ts';

/** Erasing is done once, for all. */
export async function repeatMaterials({ materials }: Wishes, parts: RepeatParts) {
  let [materialsDeleted, materialsChanged] = [0, 0];
  for (const [arn, wishes] of materials) {
    for (const [id, wish] of wishes) {
      const stored = await findKey(arn, parts.kms);
      const material = stored?.value.materials.find((each) => each.id === id);
      // Of a key that is gone, of material that the backup does not have, or done before.
      if (stored === undefined || material?.imported?.present !== true) continue;
      if (wish.gone !== false) {
        await remove(arn, stored, material, wish.gone, wish.by, parts);
        materialsDeleted += 1;
      } else if ((material.imported.validTo ?? null) !== wish.validTo) {
        await date(arn, stored, material, wish, parts);
        materialsChanged += 1;
      }
    }
  }
  return { materialsDeleted, materialsChanged };
}

const REPEATED = 'KeyMaterialRepeated';

async function remove(
  arn: string,
  stored: StoredKey,
  { id }: Material,
  gone: 'deleted' | 'expired',
  by: string,
  parts: RepeatParts,
): Promise<void> {
  const facts = { keyMaterialId: id, importState: 'PENDING_IMPORT', reason: gone, event: by };
  const event = ownEvent(parts, REPEATED, facts, [arn]);
  const when = { time: parts.clock.now(), eventId: event.id };
  const { change } = await removeMaterial(parts.kms, stored, id, gone, when);
  await commitRepeated(parts, event, change);
}

async function date(
  arn: string,
  stored: StoredKey,
  { id, imported }: Material,
  { validTo, by }: Wish<Extract<MaterialWish, { gone: false }>>,
  parts: RepeatParts,
): Promise<void> {
  const expires = validTo === null ? null : new Date(validTo).toISOString();
  const facts = { keyMaterialId: id, importState: 'IMPORTED', validTo: expires, event: by };
  const { validTo: _, ...kept } = imported ?? { present: true };
  const dated: ImportedMaterial = validTo === null ? kept : { ...kept, validTo };
  const key = withMaterial(stored.value, id, dated, parts.clock.now());
  const timer = validTo === null ? {} : parts.kms.timers.expireAt(key, id, validTo);
  const change = joinChanges(replaceKey(stored, key), timer);
  await commitRepeated(parts, ownEvent(parts, REPEATED, facts, [arn]), change);
}
