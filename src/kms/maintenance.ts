/** What the timers of a key do when they fall due. Each looks at the key anew: what was called off does nothing. */

import { must, parseKeyId } from '../core/ids.ts';
import type { RowsChange } from '../store/rows-contract.ts';
import { dropAlias } from './aliases.ts';
import { joinChanges } from './change.ts';
import { arnOf, currentMaterial, type KeyRecord, keyRow } from './key.ts';
import type { Kms, StoredKey } from './kms.ts';
import { materialDestroyed } from './lineage.ts';
import { materialRow } from './materials.ts';
import { rotated } from './rules/rotation.ts';
import type { KeyTimer } from './timers.ts';

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
 * Destroys a key whose deletion date has passed by `now`, a reading of the clock that was believed: tokens, aliases
 * and the key itself. Its lineage stays.
 */
export async function destroyWhenDue(timer: KeyTimer, now: number, kms: Kms): Promise<void> {
  const stored = await find(timer, kms);
  const event = kms.events.begin();
  // The key is gone: this run goes on where another was interrupted.
  if (stored === undefined) return kms.erase();
  const key = stored.value;
  if (key.state !== 'PendingDeletion') return;
  if ((key.deletionDate ?? Number.POSITIVE_INFINITY) > now) return;
  const materials = await destroyMaterials(key, event, kms);
  const aliases = (await kms.aliases.allOfKey(key, key.id)).map((alias) => dropAlias(key, alias));
  const dropKey = { delete: [{ ...keyRow(key, key.id), version: stored.version }] };
  await kms.events.commit(joinChanges(dropKey, ...materials, ...aliases), {
    ...event,
    account: key.account,
    region: key.region,
    name: 'DeleteKey',
    resources: [arnOf(key)],
    additionalEventData: { keyMaterialIds: key.materials.map(({ id }) => id) },
  });
  await kms.erase();
}

async function destroyMaterials(
  key: KeyRecord,
  event: { readonly time: number; readonly eventId: string },
  kms: Kms,
): Promise<readonly RowsChange[]> {
  const changes = key.materials.map(async ({ id }) => {
    const handle = await kms.materials.find(key, id);
    if (handle !== undefined) await kms.backend.destroy(handle);
    const row = materialRow(key, id);
    const stored = await kms.rows.get(row.table, row.id);
    if (stored === undefined) return materialDestroyed(key, id, event);
    return joinChanges({ delete: [{ ...row, version: stored.version }] }, materialDestroyed(key, id, event));
  });
  return Promise.all(changes);
}
