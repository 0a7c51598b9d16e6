import { canonicalContext } from '../../core/encryption-context.ts';
import type { ReEncryptRequest, ReEncryptResponse } from '../../core/shapes/kms.ts';
import { custom } from '../handler.ts';
import {
  type CiphertextSource,
  findSource,
  materialOf,
  type SourceRequest,
  sourceTarget,
  usableKey,
} from '../rules/ciphertext-source.ts';
import { type FoundKey, findKey, keyTarget } from '../rules/find-key.ts';
import { shownMaterial } from '../rules/shown-material.ts';
import { decrypting, endDryRun, requireEncryptionKey } from '../rules/use.ts';

interface Both {
  readonly source: CiphertextSource;
  readonly destination: FoundKey;
}

/** KMS API reference, "ReEncrypt": two authorisations; the plaintext stays in the engine, or in
 * the HSMs of one cluster. */
export const reEncrypt = custom<ReEncryptRequest, ReEncryptResponse, Both>({
  action: 'kms:ReEncryptFrom',
  readOnly: true,
  audit: [
    'SourceKeyId',
    'DestinationKeyId',
    'SourceEncryptionAlgorithm',
    'DestinationEncryptionAlgorithm',
    'SourceEncryptionContext',
    'DestinationEncryptionContext',
    'DryRun',
    'DryRunModifiers',
  ],
  async find(input, call, kms) {
    const source = await findSource(asDecrypt(input), call, kms);
    return { source, destination: await findKey(input.DestinationKeyId, 'any', call, kms) };
  },
  targets: ({ source, destination }) => [
    sourceTarget(source, 'kms:ReEncryptFrom'),
    keyTarget(destination, 'kms:ReEncryptTo'),
  ],
  async run(input, call, { source, destination }, kms) {
    const sourceKey = usableKey(source, 'ReEncryptFrom', call);
    const target = requireEncryptionKey(
      destination,
      'kms:ReEncryptTo',
      input.DestinationEncryptionAlgorithm,
      call,
    );
    if (source.ciphertext === undefined) return endDryRun();
    const from = await materialOf(source, sourceKey, kms);
    const sourceContext = canonicalContext(input.SourceEncryptionContext);
    if (input.DryRun === true) {
      await decrypting(kms.backend.check(from, source.ciphertext, sourceContext));
      return endDryRun();
    }
    const to = await kms.materials.current(target);
    const { ciphertext, uses } = await decrypting(
      kms.backend.reEncrypt(
        from,
        source.ciphertext,
        sourceContext,
        to,
        canonicalContext(input.DestinationEncryptionContext),
      ),
    );
    call.record.uses.push(...uses);
    return {
      CiphertextBlob: ciphertext,
      SourceKeyId: from.keyArn,
      KeyId: to.keyArn,
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      ...shownMaterial(sourceKey, from.materialId, 'SourceKeyMaterialId'),
      ...shownMaterial(target, to.materialId, 'DestinationKeyMaterialId'),
    };
  },
});

const asDecrypt = (input: ReEncryptRequest): SourceRequest => ({
  ...input,
  KeyId: input.SourceKeyId,
  EncryptionAlgorithm: input.SourceEncryptionAlgorithm,
  EncryptionContext: input.SourceEncryptionContext,
});
