/** Makes a key: its row and, unless it is to be imported, its first material with its lineage. */
import { must, newKeyId, type Place, parseMaterialId } from '../core/ids.ts';
import type { RowsChange } from '../store/rows-contract.ts';
import type { NewMaterial } from './backend.ts';
import { joinChanges, putNewKey } from './change.ts';
import type { KeyRecord } from './key.ts';
import { keyStoreRow, type StoredKeyStore } from './key-store.ts';
import type { Kms } from './kms.ts';
import { materialMade, materialMadeInHsm } from './lineage.ts';
import { type MaterialRow, materialRow } from './materials.ts';
import { DEFAULT_ROTATION_DAYS, rotationDue } from './rules/rotation.ts';

export type NewKeyTraits = Place &
  Pick<KeyRecord, 'manager' | 'description' | 'multiRegion' | 'policy' | 'tags'> & {
    readonly rotate: boolean;
  };

export interface When {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly eventId: string;
}

/** Longer than any CreateKey takes. */
const ORPHAN_MS = 10 * 60_000;
const SPEC = { keySpec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' } as const;

export async function newKey(
  kms: Kms,
  traits: NewKeyTraits,
  when: When,
): Promise<{ readonly record: KeyRecord; readonly change: RowsChange }> {
  const { rotate, ...kept } = traits;
  const base = { id: newKeyId(traits.multiRegion), ...kept, ...SPEC, origin: 'AWS_KMS' } as const;
  const made = await kms.maker.create(base);
  const record: KeyRecord = {
    ...base,
    created: when.time,
    state: 'Enabled',
    materials: [{ id: materialIdOf(made), created: when.time, state: 'CURRENT' }],
    ...unrotated(rotate, when),
  };
  return { record, change: joinChanges(putNewKey(record), putMaterial(record, made, when)) };
}

/** A key of origin EXTERNAL, whose material is still to be imported. */
export function newEmptyKey(traits: Omit<NewKeyTraits, 'rotate'>, when: When) {
  const record: KeyRecord = {
    id: newKeyId(traits.multiRegion),
    ...traits,
    ...SPEC,
    origin: 'EXTERNAL',
    created: when.time,
    state: 'PendingImport',
    materials: [],
    ...unrotated(false, when),
  };
  return { record, change: putNewKey(record) };
}

/** A key whose material is made in the HSMs of a custom key store, and stays there. */
export async function newKeyInStore(
  kms: Kms,
  traits: Omit<NewKeyTraits, 'rotate'>,
  store: StoredKeyStore,
  when: When,
): Promise<{ readonly record: KeyRecord; readonly change: RowsChange }> {
  const id = newKeyId(false);
  // What is made in the HSMs and then kept by no key goes again.
  await kms.rows.commit(kms.timers.dropOrphanAt(store.value, id, when.time + ORPHAN_MS));
  const { materialId, handle, lineage } = await kms.storeBackend.create(store.value, id);
  const record: KeyRecord = {
    id,
    ...traits,
    ...SPEC,
    origin: 'AWS_CLOUDHSM',
    inStore: { id: store.value.id, handle, lineage },
    created: when.time,
    state: 'Enabled',
    materials: [{ id: materialIdOf({ materialId }), created: when.time, state: 'CURRENT' }],
    ...unrotated(false, when),
  };
  // In a store that is being disconnected no key is made.
  const unchanged = { expect: [{ ...keyStoreRow(store.value, store.value.id), version: store.version }] };
  const made = materialMadeInHsm(record, materialId, { clusterId: store.value.clusterId, lineage }, when);
  return { record, change: joinChanges(putNewKey(record), made, unchanged) };
}

const unrotated = (enabled: boolean, { time }: When) => ({
  rotation: {
    enabled,
    periodInDays: DEFAULT_ROTATION_DAYS,
    next: rotationDue(time, DEFAULT_ROTATION_DAYS),
  },
  onDemandRotations: 0,
});

export const materialIdOf = (made: Pick<NewMaterial, 'materialId'>) =>
  must(parseMaterialId(made.materialId), 'key material id');

export const putMaterial = (
  key: Pick<KeyRecord, 'account' | 'region' | 'id'>,
  made: NewMaterial,
  when: When,
): RowsChange =>
  joinChanges(
    { put: [{ ...materialRow(key, made.materialId), version: 1, value: storedMaterial(made) }] },
    materialMade(key, made.materialId, made.fingerprint, when),
  );

export const storedMaterial = (made: NewMaterial): MaterialRow => ({
  token: Buffer.from(made.token).toString('base64'),
});
