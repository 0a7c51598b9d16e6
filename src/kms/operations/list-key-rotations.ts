import type {
  ListKeyRotationsRequest,
  ListKeyRotationsResponse,
  RotationsListEntry,
} from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import type { KeyRecord, Material } from '../key.ts';
import { isThere } from '../rules/imported-material.ts';
import { pageOf } from '../rules/paging.ts';

/** KMS API reference, "ListKeyRotations": completed rotations, or all key material, oldest first. */
export const listKeyRotations = onKey<ListKeyRotationsRequest, ListKeyRotationsResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  origins: ['AWS_KMS', 'EXTERNAL'],
  state: 'any',
  action: 'kms:ListKeyRotations',
  readOnly: true,
  audit: ['KeyId', 'IncludeKeyMaterial', 'Limit', 'Marker'],
  async run(input, call, { value: key }) {
    const all = input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL';
    const materials = all ? key.materials : key.materials.filter(({ rotation }) => rotation !== undefined);
    const { items, ...rest } = await pageOf(
      materials.map((material, i) => ({ material, place: placeOf(material, i) })),
      `${all ? 'material' : 'rotations'} of ${key.id}`,
      input,
      { default: 100, max: 1000 },
      ({ place }) => place,
    );
    return { Rotations: items.map(({ material }) => entry(key, material, call.time)), ...rest };
  },
});

/** In the order of age; of materials of one millisecond, in that of the list. */
const placeOf = ({ created }: Material, index: number): string =>
  [created, index].map((part) => String(part).padStart(15, '0')).join('/');

const entry = (key: KeyRecord, material: Material, time: number): RotationsListEntry => ({
  KeyId: key.id,
  KeyMaterialId: material.id,
  KeyMaterialState: material.state,
  ...importedMembers(material, time),
  ...(material.rotation !== undefined && {
    RotationDate: material.rotation.date,
    RotationType: material.rotation.type,
  }),
});

function importedMembers(material: Material, time: number): RotationsListEntry {
  const { imported } = material;
  if (imported === undefined) return {};
  const { validTo, description } = imported;
  const described = description === undefined ? {} : { KeyMaterialDescription: description };
  if (!isThere(material, time)) return { ImportState: 'PENDING_IMPORT', ...described };
  return {
    ImportState: 'IMPORTED',
    ...described,
    ...(validTo === undefined
      ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
      : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: validTo }),
  };
}
