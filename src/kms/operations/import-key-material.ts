import { createHash } from 'node:crypto';
import type { MaterialId } from '../../core/ids.ts';
import type { ImportKeyMaterialRequest, ImportKeyMaterialResponse } from '../../core/shapes/kms.ts';
import type { RowsChange } from '../../store/rows-contract.ts';
import type { ImportKey, NewMaterial } from '../backend.ts';
import { joinChanges, replaceKey } from '../change.ts';
import { invalidState } from '../errors.ts';
import { findExportReceipt } from '../export-receipts.ts';
import { onKey } from '../handler.ts';
import { arnOf, type ImportedMaterial, type KeyRecord } from '../key.ts';
import type { Kms } from '../kms.ts';
import { type Arrival, materialImported } from '../lineage.ts';
import { materialRow } from '../materials.ts';
import { materialIdOf, storedMaterial } from '../new-key.ts';
import { expectedMaterial, importing, requireValidTo } from '../rules/import.ts';
import { isPermanent, withMaterial } from '../rules/imported-material.ts';

/**
 * KMS API reference, "ImportKeyMaterial". The wrapped material is kept nowhere, the import key goes with its use; an
 * import that fails leaves both as they were.
 */
export const importKeyMaterial = onKey<ImportKeyMaterialRequest, ImportKeyMaterialResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  origins: ['EXTERNAL'],
  state: 'notPendingDeletion',
  action: 'kms:ImportKeyMaterial',
  readOnly: false,
  audit: ['KeyId', 'ValidTo', 'ExpirationModel', 'ImportType', 'KeyMaterialDescription', 'KeyMaterialId'],
  async run(input, call, stored, kms) {
    const key = stored.value;
    const validTo = requireValidTo(input, call.time);
    const expected = expectedMaterial(input, key);
    const { importKey, spend } = await kms.importKeys.find(key, input.ImportToken, call.time);
    const wrapped = input.EncryptedKeyMaterial;
    const made = await importing(kms.imports.importMaterial(key, importKey, wrapped, expected));
    const id = materialIdOf(made);
    requireOnePending(key, id);
    const changed = withMaterial(key, id, importedFacts(input, key, id, validTo), call.time);
    const arrival = await arrivalOf(wrapped, importKey, key, kms);
    const response = { KeyId: arnOf(key), KeyMaterialId: id };
    call.record.responseElements = { keyId: response.KeyId, keyMaterialId: id };
    call.record.additionalEventData = {
      keyMaterialId: id,
      keyState: changed.state,
      wrappedKeyMaterialSha256: arrival.record.wrappedHash,
      wrappingKeySha256: arrival.record.publicKeyHash,
      validTo: validTo === undefined ? null : new Date(validTo).toISOString(),
    };
    await call.commit(
      joinChanges(
        replaceKey(stored, changed),
        await putImported(key, made, kms),
        spend,
        await materialImported(kms.rows, stored, made, arrival.record, arrival.holders, call),
        validTo === undefined ? {} : kms.timers.expireAt(key, id, validTo),
        kms.timers.eraseAt(call.time),
      ),
    );
    return response;
  },
});

/** One new material can wait for its rotation. The message is as recorded from AWS. */
function requireOnePending(key: KeyRecord, id: MaterialId): void {
  const pending = key.materials.find((material) => !isPermanent(material));
  const isNew = key.materials.every((material) => material.id !== id);
  if (pending !== undefined && isNew)
    throw invalidState(
      `New key material (id: ${id}) cannot be imported into KMS key ${arnOf(key)}, because another key material ` +
        `(id: ${pending.id}) is pending rotation.`,
    );
}

/** A description stays until another is given. */
function importedFacts(
  input: ImportKeyMaterialRequest,
  key: KeyRecord,
  id: MaterialId,
  validTo: number | undefined,
): ImportedMaterial {
  const before = key.materials.find((material) => material.id === id)?.imported?.description;
  const description = input.KeyMaterialDescription ?? before;
  return {
    present: true,
    ...(validTo === undefined ? {} : { validTo }),
    ...(description === undefined ? {} : { description }),
  };
}

async function arrivalOf(wrapped: Uint8Array, importKey: ImportKey, key: KeyRecord, kms: Kms) {
  const wrappedHash = createHash('sha256').update(wrapped).digest('hex');
  const { publicKeyHash, algorithm } = importKey;
  const receipt = await findExportReceipt(kms.rows, key.account, wrappedHash, publicKeyHash);
  const record: Arrival = {
    wrappingAlgorithm: algorithm,
    wrappedHash,
    publicKeyHash,
    receipt: receipt?.signed ?? null,
    ...(receipt === undefined ? {} : { from: receipt.from }),
  };
  return { record, holders: receipt?.holders };
}

/** In the place of the token of an earlier import that is still there. */
async function putImported(key: KeyRecord, made: NewMaterial, kms: Kms): Promise<RowsChange> {
  const row = materialRow(key, made.materialId);
  const version = ((await kms.rows.get(row.table, row.id))?.version ?? 0) + 1;
  return { put: [{ ...row, version, value: storedMaterial(made) }] };
}
