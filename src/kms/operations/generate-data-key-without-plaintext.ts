import type {
  GenerateDataKeyWithoutPlaintextRequest,
  GenerateDataKeyWithoutPlaintextResponse,
} from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import { generateDataKeyUnder } from '../rules/data-key.ts';
import { shownMaterial } from '../rules/shown-material.ts';

/** KMS API reference, "GenerateDataKeyWithoutPlaintext": the data key leaves the engine only encrypted. */
export const generateDataKeyWithoutPlaintext = onKey<
  GenerateDataKeyWithoutPlaintextRequest,
  GenerateDataKeyWithoutPlaintextResponse
>({
  key: 'KeyId',
  forms: 'any',
  state: 'enabled',
  action: 'kms:GenerateDataKeyWithoutPlaintext',
  readOnly: true,
  audit: ['KeyId', 'KeySpec', 'NumberOfBytes', 'EncryptionContext', 'DryRun'],
  async run(input, call, { value: key }, kms) {
    const made = await generateDataKeyUnder(key, input, call, kms, false);
    return {
      CiphertextBlob: made.ciphertext,
      KeyId: made.use.keyArn,
      ...shownMaterial(key, made.use.materialId, 'KeyMaterialId'),
    };
  },
});
