/** Makes a key of origin AWS_KMS: its first material, its row, its lineage. */
import { must, newKeyId, type Place, parseMaterialId } from '../core/ids.ts';
import type { RowsChange } from '../store/rows-contract.ts';
import type { NewMaterial } from './backend.ts';
import { joinChanges, putNewKey } from './change.ts';
import type { KeyRecord } from './key.ts';
import type { Kms } from './kms.ts';
import { materialMade } from './lineage.ts';
import { materialRow } from './materials.ts';
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

const SPEC = { keySpec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS' } as const;

export async function newKey(
  kms: Kms,
  traits: NewKeyTraits,
  when: When,
): Promise<{ readonly record: KeyRecord; readonly change: RowsChange }> {
  const { rotate, ...kept } = traits;
  const base = { id: newKeyId(traits.multiRegion), ...kept, ...SPEC };
  const made = await kms.backend.create(base);
  const record: KeyRecord = {
    ...base,
    created: when.time,
    state: 'Enabled',
    materials: [{ id: materialIdOf(made), created: when.time, state: 'CURRENT' }],
    rotation: {
      enabled: rotate,
      periodInDays: DEFAULT_ROTATION_DAYS,
      next: rotationDue(when.time, DEFAULT_ROTATION_DAYS),
    },
    onDemandRotations: 0,
  };
  return { record, change: joinChanges(putNewKey(record), putMaterial(record, made, when)) };
}

export const materialIdOf = (made: NewMaterial) => must(parseMaterialId(made.materialId), 'key material id');

export const putMaterial = (
  key: Pick<KeyRecord, 'account' | 'region' | 'id'>,
  made: NewMaterial,
  when: When,
): RowsChange =>
  joinChanges(
    {
      put: [
        {
          ...materialRow(key, made.materialId),
          version: 1,
          value: { token: Buffer.from(made.token).toString('base64') },
        },
      ],
    },
    materialMade(key, made.materialId, made.fingerprint, when),
  );
