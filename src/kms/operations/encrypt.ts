import { canonicalContext } from '../../core/encryption-context.ts';
import type { EncryptRequest, EncryptResponse } from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import { endDryRun, requireAlgorithm, requireGrantTokens, requireUsage } from '../rules/use.ts';

/** KMS API reference, "Encrypt". Plaintext 1 to 4096 bytes. */
export const encrypt = onKey<EncryptRequest, EncryptResponse>({
  key: 'KeyId',
  forms: 'any',
  state: 'enabled',
  action: 'kms:Encrypt',
  readOnly: true,
  audit: ['KeyId', 'EncryptionAlgorithm', 'EncryptionContext', 'DryRun'],
  async run(input, call, { value: key }, kms) {
    requireUsage(key, 'ENCRYPT_DECRYPT', 'Encrypt');
    requireAlgorithm(key, input.EncryptionAlgorithm);
    requireGrantTokens(input.GrantTokens);
    if (input.DryRun === true) return endDryRun();
    const material = await kms.materials.current(key);
    const context = canonicalContext(input.EncryptionContext);
    const { ciphertext, use } = await kms.backend.encrypt(material, input.Plaintext, context);
    call.record.uses.push(use);
    return { CiphertextBlob: ciphertext, KeyId: use.keyArn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  },
});
