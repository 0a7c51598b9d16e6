import type {
  ListKeyRotationsRequest,
  ListKeyRotationsResponse,
  RotationsListEntry,
} from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import type { KeyRecord, Material } from '../key.ts';
import { pageOf } from '../rules/paging.ts';

/** KMS API reference, "ListKeyRotations": completed rotations, or all key material, oldest first. */
export const listKeyRotations = onKey<ListKeyRotationsRequest, ListKeyRotationsResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'any',
  action: 'kms:ListKeyRotations',
  readOnly: true,
  audit: ['KeyId', 'IncludeKeyMaterial', 'Limit', 'Marker'],
  async run(input, _call, { value: key }) {
    const all = input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL';
    const materials = all ? key.materials : key.materials.filter(({ rotation }) => rotation !== undefined);
    const { items, ...rest } = await pageOf(
      materials.map((material, i) => ({ material, place: placeOf(material, i) })),
      `${all ? 'material' : 'rotations'} of ${key.id}`,
      input,
      { default: 100, max: 1000 },
      ({ place }) => place,
    );
    return { Rotations: items.map(({ material }) => entry(key, material)), ...rest };
  },
});

/** In the order of age; of materials of one millisecond, in that of the list. */
const placeOf = ({ created }: Material, index: number): string =>
  [created, index].map((part) => String(part).padStart(15, '0')).join('/');

const entry = (key: KeyRecord, { id, state, rotation }: Material): RotationsListEntry => ({
  KeyId: key.id,
  KeyMaterialId: id,
  KeyMaterialState: state,
  ...(rotation !== undefined && { RotationDate: rotation.date, RotationType: rotation.type }),
});
