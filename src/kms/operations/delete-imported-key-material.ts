import { type MaterialId, parseMaterialId } from '../../core/ids.ts';
import type {
  DeleteImportedKeyMaterialRequest,
  DeleteImportedKeyMaterialResponse,
} from '../../core/shapes/kms.ts';
import { joinChanges } from '../change.ts';
import { notFound } from '../errors.ts';
import { onKey } from '../handler.ts';
import { arnOf, currentMaterialIfAny, type KeyRecord } from '../key.ts';
import type { Kms, StoredKey } from '../kms.ts';
import { removeMaterial } from '../remove-material.ts';

/** Should the process end between the deletion and the erasing: the timer then erases. */
const ERASE_LATER_MS = 30_000;

/** KMS API reference, "DeleteImportedKeyMaterial". Without a material it succeeds and does nothing. */
export const deleteImportedKeyMaterial = onKey<
  DeleteImportedKeyMaterialRequest,
  DeleteImportedKeyMaterialResponse
>({
  key: 'KeyId',
  forms: 'id-or-arn',
  origins: ['EXTERNAL'],
  state: 'any',
  action: 'kms:DeleteImportedKeyMaterial',
  readOnly: false,
  audit: ['KeyId', 'KeyMaterialId'],
  async run(input, call, stored, kms) {
    const KeyId = arnOf(stored.value);
    const id = materialNamed(stored.value, input.KeyMaterialId);
    if (id === undefined) return { KeyId };
    call.record.responseElements = { keyId: KeyId, keyMaterialId: id };
    const response = { KeyId, KeyMaterialId: id };
    if (!isStored(stored, id)) return response;
    const handle = await kms.materials.find(stored.value, id);
    const { change } = await removeMaterial(kms, stored, id, 'deleted', call);
    const later = kms.timers.eraseAt(call.time + ERASE_LATER_MS);
    call.record.additionalEventData = { keyMaterialId: id };
    await call.commit(joinChanges(change, later));
    // A use that overtook the first order to forget may have brought it back.
    if (handle !== undefined) await kms.backend.destroy(handle).catch(() => undefined);
    await eraseNow(kms, later);
    return response;
  },
});

/** The current one when none is named. */
function materialNamed(key: KeyRecord, named: string | undefined): MaterialId | undefined {
  if (named === undefined) return currentMaterialIfAny(key)?.id;
  const id = parseMaterialId(named);
  const found = key.materials.find((material) => material.id === id);
  if (found === undefined) throw notFound(`Key material ${named} is not associated with ${arnOf(key)}.`);
  return found.id;
}

const isStored = ({ value }: StoredKey, id: MaterialId): boolean =>
  value.materials.find((material) => material.id === id)?.imported?.present === true;

/** What cannot be erased now is left to the timer. */
async function eraseNow(kms: Kms, { put = [] }: ReturnType<Kms['timers']['eraseAt']>): Promise<void> {
  try {
    await kms.erase();
    await kms.rows.commit({ delete: put.map(({ table, id, version }) => ({ table, id, version })) });
  } catch {
    // The rows of the timer are there.
  }
}
