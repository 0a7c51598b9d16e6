/** Makes a key: its row and, for origin AWS_KMS, its first material with its lineage. */
import { must, newKeyId, type Place, parseMaterialId } from '../core/ids.ts';
import type { RowsChange } from '../store/rows-contract.ts';
import type { NewMaterial } from './backend.ts';
import { joinChanges, putNewKey } from './change.ts';
import type { KeyRecord } from './key.ts';
import type { Kms } from './kms.ts';
import { materialMade } from './lineage.ts';
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

const SPEC = { keySpec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' } as const;

export async function newKey(
  kms: Kms,
  traits: NewKeyTraits,
  when: When,
): Promise<{ readonly record: KeyRecord; readonly change: RowsChange }> {
  const { rotate, ...kept } = traits;
  const base = { id: newKeyId(traits.multiRegion), ...kept, ...SPEC, origin: 'AWS_KMS' } as const;
  const made = await kms.backend.create(base);
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

const unrotated = (enabled: boolean, { time }: When) => ({
  rotation: {
    enabled,
    periodInDays: DEFAULT_ROTATION_DAYS,
    next: rotationDue(time, DEFAULT_ROTATION_DAYS),
  },
  onDemandRotations: 0,
});

export const materialIdOf = (made: NewMaterial) => must(parseMaterialId(made.materialId), 'key material id');

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
