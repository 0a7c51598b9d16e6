/** What the timers of a key do when they fall due. Each looks at the key anew: what was called off does nothing. */

import { must, parseKeyId } from '../core/ids.ts';
import { dropAlias } from './aliases.ts';
import { joinChanges } from './change.ts';
import { arnOf, currentMaterial, keyRow } from './key.ts';
import type { Kms, StoredKey } from './kms.ts';
import { dropMaterial, removeMaterial } from './remove-material.ts';
import { isThere } from './rules/imported-material.ts';
import { rotated } from './rules/rotation.ts';
import type { ImportKeyTimer, KeyTimer, MaterialTimer } from './timers.ts';

const find = async (timer: KeyTimer, kms: Kms): Promise<StoredKey | undefined> =>
  kms.keys.get(timer, must(parseKeyId(timer.keyId), 'key id'));

/** Rotates the key when it is due; a disabled key waits until it is enabled again. */
export async function rotateWhenDue(timer: KeyTimer, kms: Kms): Promise<void> {
  const stored = await find(timer, kms);
  const event = kms.events.begin();
  if (stored === undefined || stored.value.state !== 'Enabled') return;
  const { rotation } = stored.value;
  if (!rotation.enabled || rotation.next > event.time) return;
  const { key, change } = await rotated(kms, stored, 'AUTOMATIC', event);
  await kms.events.commit(joinChanges(change, kms.timers.rotateAt(key, key.rotation.next)), {
    ...event,
    account: key.account,
    region: key.region,
    name: 'RotateKey',
    resources: [arnOf(key)],
    additionalEventData: {
      rotationType: 'AUTOMATIC',
      previousKeyMaterialId: currentMaterial(stored.value).id,
      currentKeyMaterialId: currentMaterial(key).id,
    },
  });
}

/**
 * Destroys a key whose deletion date has passed by `now`, a reading of the clock that was believed: tokens, import
 * keys, aliases and the key itself. Its lineage stays.
 */
export async function destroyWhenDue(timer: KeyTimer, now: number, kms: Kms): Promise<void> {
  const stored = await find(timer, kms);
  const event = kms.events.begin();
  // The key is gone: this run goes on where another was interrupted.
  if (stored === undefined) return kms.erase();
  const key = stored.value;
  if (key.state !== 'PendingDeletion') return;
  if ((key.deletionDate ?? Number.POSITIVE_INFINITY) > now) return;
  const gone = key.materials.map(({ id }) => dropMaterial(kms, stored, id, 'destroyed', event));
  const materials = await Promise.all(gone);
  const importKeys = await kms.importKeys.dropAll(key);
  const aliases = (await kms.aliases.allOfKey(key, key.id)).map((alias) => dropAlias(key, alias));
  const dropKey = { delete: [{ ...keyRow(key, key.id), version: stored.version }] };
  await kms.events.commit(joinChanges(dropKey, importKeys, ...materials, ...aliases), {
    ...event,
    account: key.account,
    region: key.region,
    name: 'DeleteKey',
    resources: [arnOf(key)],
    additionalEventData: { keyMaterialIds: key.materials.map(({ id }) => id) },
  });
  await kms.erase();
}

/**
 * Erases imported material whose date has passed by `now`, a reading of the clock that was believed. Nothing can use
 * it since that date; this is what makes it unrecoverable.
 */
export async function expireWhenDue(timer: MaterialTimer, now: number, kms: Kms): Promise<void> {
  const stored = await find(timer, kms);
  const material = stored?.value.materials.find(({ id }) => id === timer.materialId);
  const isDue = material?.imported?.present === true && !isThere(material, now);
  // Gone already, with its key or by an earlier run, or imported again with another date.
  if (stored === undefined || material === undefined || !isDue) return kms.erase();
  const event = kms.events.begin();
  const { key, change } = await removeMaterial(kms, stored, material.id, 'expired', event);
  await kms.events.commit(change, {
    ...event,
    account: key.account,
    region: key.region,
    name: 'DeleteExpiredKeyMaterial',
    resources: [arnOf(key)],
    additionalEventData: { keyMaterialId: material.id },
  });
  await kms.erase();
}

/** Erases an import key that nobody used in its time. */
export async function dropImportKeyWhenDue(timer: ImportKeyTimer, kms: Kms): Promise<void> {
  const key = { ...timer, id: must(parseKeyId(timer.keyId), 'key id') };
  const change = await kms.importKeys.drop(key, timer.publicKeyHash);
  if (change !== undefined) await kms.rows.commit(change);
  await kms.erase();
}
