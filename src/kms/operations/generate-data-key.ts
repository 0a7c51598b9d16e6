import type { GenerateDataKeyRequest, GenerateDataKeyResponse } from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import { generateDataKeyUnder } from '../rules/data-key.ts';
import { shownMaterial } from '../rules/shown-material.ts';

/** KMS API reference, "GenerateDataKey". */
export const generateDataKey = onKey<GenerateDataKeyRequest, GenerateDataKeyResponse>({
  key: 'KeyId',
  forms: 'any',
  state: 'enabled',
  action: 'kms:GenerateDataKey',
  readOnly: true,
  audit: ['KeyId', 'KeySpec', 'NumberOfBytes', 'EncryptionContext', 'DryRun'],
  unsupported: ['Recipient'],
  async run(input, call, { value: key }, kms) {
    const made = await generateDataKeyUnder(key, input, call, kms, true);
    return {
      CiphertextBlob: made.ciphertext,
      Plaintext: made.plaintext,
      KeyId: made.use.keyArn,
      ...shownMaterial(key, made.use.materialId, 'KeyMaterialId'),
    };
  },
});
