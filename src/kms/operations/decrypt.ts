import { canonicalContext } from '../../core/encryption-context.ts';
import type { DecryptRequest, DecryptResponse } from '../../core/shapes/kms.ts';
import { custom } from '../handler.ts';
import {
  type CiphertextSource,
  findSource,
  materialOf,
  sourceTarget,
  usableKey,
} from '../rules/ciphertext-source.ts';
import { shownMaterial } from '../rules/shown-material.ts';
import { decrypting, endDryRun } from '../rules/use.ts';

/** KMS API reference, "Decrypt". The ciphertext names its key; KeyId, when given, must agree. */
export const decrypt = custom<DecryptRequest, DecryptResponse, CiphertextSource>({
  action: 'kms:Decrypt',
  readOnly: true,
  audit: ['KeyId', 'EncryptionAlgorithm', 'EncryptionContext', 'DryRun', 'DryRunModifiers'],
  unsupported: ['Recipient'],
  find: (input, call, kms) => findSource(input, call, kms),
  targets: (source) => [sourceTarget(source, 'kms:Decrypt')],
  async run(input, call, source, kms) {
    const key = usableKey(source, 'Decrypt', call);
    if (source.ciphertext === undefined) return endDryRun();
    const material = await materialOf(source, key, kms);
    const context = canonicalContext(input.EncryptionContext);
    if (input.DryRun === true) {
      await decrypting(kms.backend.check(material, source.ciphertext, context));
      return endDryRun();
    }
    const { plaintext, use } = await decrypting(kms.backend.decrypt(material, source.ciphertext, context));
    call.record.uses.push(use);
    return {
      KeyId: use.keyArn,
      Plaintext: plaintext,
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      ...shownMaterial(key, use.materialId, 'KeyMaterialId'),
    };
  },
});
