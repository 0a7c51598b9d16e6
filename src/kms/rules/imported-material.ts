/**
 * Imported key material in a key (KMS developer guide, "Importing key material"): a key can be used as long as all
 * material that is permanently associated with it is there.
 *
 * Material counts as gone from the moment it expires, whenever its timer comes to erase it: a timer may be held while
 * the clock is in doubt, and a use past the date would be what the date was set to prevent.
 */
import type { MaterialId } from '../../core/ids.ts';
import type { KeyMetadata } from '../../core/shapes/kms.ts';
import type { ImportedMaterial, KeyRecord, Material, StoredKeyState } from '../key.ts';

export const isPermanent = ({ state }: Material): boolean => state !== 'PENDING_ROTATION';

export const isThere = ({ imported }: Material, time: number): boolean =>
  imported === undefined || (imported.present && (imported.validTo ?? Number.POSITIVE_INFINITY) > time);

const isWhole = ({ materials }: Pick<KeyRecord, 'materials'>, time: number): boolean =>
  materials.some(isPermanent) && materials.every((each) => !isPermanent(each) || isThere(each, time));

/** The key's state at `time`, milliseconds since the epoch, but for its custom key store: key-states.ts. */
export function importedState(key: KeyRecord, time: number): StoredKeyState {
  if (key.origin !== 'EXTERNAL' || key.state === 'PendingDeletion' || isWhole(key, time)) return key.state;
  return 'PendingImport';
}

/** The key in that state, or without the material that it would need for it. */
export function withState(key: KeyRecord, state: Exclude<StoredKeyState, 'PendingImport'>): KeyRecord {
  const missing = key.origin === 'EXTERNAL' && state !== 'PendingDeletion' && !isWhole(key, 0);
  return { ...key, state: missing ? 'PendingImport' : state };
}

/** The key after its material was deleted or expired: it waits for the same again, but for one not yet in use. */
export function withoutMaterial(key: KeyRecord, id: MaterialId): KeyRecord {
  const materials = key.materials.flatMap((each) => {
    if (each.id !== id) return [each];
    return isPermanent(each) ? [{ ...each, imported: absent(each.imported) }] : [];
  });
  const kept = { ...key, materials };
  return key.state === 'PendingImport' ? kept : withState(kept, key.state);
}

/** What is told of a material that is gone: nothing of an expiry, and how it was described. */
const absent = (imported: ImportedMaterial | undefined): ImportedMaterial => ({
  present: false,
  ...(imported?.description === undefined ? {} : { description: imported.description }),
});

/** The key with that material there: a new one is the first, or waits for its rotation. */
export function withMaterial(
  key: KeyRecord,
  id: MaterialId,
  imported: ImportedMaterial,
  time: number,
): KeyRecord {
  const known = key.materials.some((each) => each.id === id);
  const state = key.materials.length === 0 ? 'CURRENT' : 'PENDING_ROTATION';
  const materials: readonly Material[] = known
    ? key.materials.map((each) => (each.id === id ? { ...each, imported } : each))
    : [...key.materials, { id, created: time, state, imported }];
  const kept = { ...key, materials };
  return importedState(key, time) === 'PendingImport' ? withState(kept, 'Enabled') : kept;
}

/** As KeyMetadata tells it: of material that is there and permanently associated with the key. */
export function expiration(key: KeyRecord, time: number): Pick<KeyMetadata, 'ExpirationModel' | 'ValidTo'> {
  if (key.origin !== 'EXTERNAL') return {};
  const there = key.materials.filter((each) => isPermanent(each) && isThere(each, time));
  const dates = there.flatMap(({ imported }) => imported?.validTo ?? []);
  if (dates.length > 0) return { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: Math.min(...dates) };
  return there.length > 0 ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } : {};
}
