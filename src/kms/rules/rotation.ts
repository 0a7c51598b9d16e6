/** Rotation: which keys have it, its periods and limits (KMS developer guide, "Rotating AWS KMS keys"). */
import { DAY_MS } from '../../core/clock.ts';
import type { RowsChange } from '../../store/rows-contract.ts';
import { joinChanges, putKey } from '../change.ts';
import { invalidState, limitExceeded } from '../errors.ts';
import { arnOf, type KeyRecord, type Material, type Rotation } from '../key.ts';
import type { Kms, StoredKey } from '../kms.ts';
import { materialIdOf, putMaterial, type When } from '../new-key.ts';

export const DEFAULT_ROTATION_DAYS = 365;
export const MAX_ON_DEMAND_ROTATIONS = 25;

export const rotationDue = (from: number, periodInDays: number): number => from + periodInDays * DAY_MS;

/** Automatic rotation is off while a deletion is pending; cancelling restores it. */
export const rotates = (key: KeyRecord): boolean => key.rotation.enabled && key.state !== 'PendingDeletion';

export function requireOnDemandRotationLeft(key: KeyRecord): void {
  if (key.onDemandRotations >= MAX_ON_DEMAND_ROTATIONS)
    throw limitExceeded(
      'The on-demand rotations limit has been reached for the given keyId. ' +
        `No more on-demand rotations can be performed for this key: ${arnOf(key)}`,
    );
}

/** What was imported to be next becomes current; the old ones stay. The message is as recorded from AWS. */
export function rotatedToPending(stored: StoredKey, when: When) {
  const key = stored.value;
  const pending = key.materials.find(({ state }) => state === 'PENDING_ROTATION');
  if (pending === undefined)
    throw invalidState(`No available key material pending rotation for the key: ${arnOf(key)}.`);
  const rotation = { type: 'ON_DEMAND', date: when.time } as const;
  const materials = key.materials.map(
    (material): Material =>
      material === pending
        ? { ...material, state: 'CURRENT', rotation }
        : { ...material, state: 'NON_CURRENT' },
  );
  const changed = { materials, onDemandRotations: key.onDemandRotations + 1 };
  return { key: { ...key, ...changed }, change: putKey(stored, changed) };
}

/** New current material; the old ones stay, so that what they encrypted still decrypts. */
export async function rotated(
  kms: Kms,
  stored: StoredKey,
  type: 'AUTOMATIC' | 'ON_DEMAND',
  when: When,
): Promise<{ readonly key: KeyRecord; readonly change: RowsChange }> {
  const key = stored.value;
  const made = await kms.maker.create(key);
  const previous = key.materials.map((material): Material => ({ ...material, state: 'NON_CURRENT' }));
  const current: Material = {
    id: materialIdOf(made),
    created: when.time,
    state: 'CURRENT',
    rotation: { type, date: when.time },
  };
  const changed = {
    materials: [...previous, current],
    rotation: type === 'AUTOMATIC' ? afterAutomatic(key.rotation, when.time) : key.rotation,
    onDemandRotations: key.onDemandRotations + (type === 'ON_DEMAND' ? 1 : 0),
  };
  return {
    key: { ...key, ...changed },
    change: joinChanges(putKey(stored, changed), putMaterial(key, made, when)),
  };
}

const afterAutomatic = (rotation: Rotation, time: number): Rotation => ({
  ...rotation,
  next: rotationDue(time, rotation.periodInDays),
});
