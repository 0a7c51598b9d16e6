import type { RotateKeyOnDemandRequest, RotateKeyOnDemandResponse } from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import { currentMaterial } from '../key.ts';
import { requireOnDemandRotationLeft, rotated, rotatedToPending } from '../rules/rotation.ts';

/**
 * KMS API reference, "RotateKeyOnDemand". Does not move the automatic schedule. A key with imported material goes on
 * to the one that was imported for it.
 */
export const rotateKeyOnDemand = onKey<RotateKeyOnDemandRequest, RotateKeyOnDemandResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  origins: ['AWS_KMS', 'EXTERNAL'],
  state: 'enabled',
  action: 'kms:RotateKeyOnDemand',
  readOnly: false,
  audit: ['KeyId'],
  async run(_input, call, stored, kms) {
    requireOnDemandRotationLeft(stored.value);
    const { key, change } =
      stored.value.origin === 'EXTERNAL'
        ? rotatedToPending(stored, call)
        : await rotated(kms, stored, 'ON_DEMAND', call);
    call.record.additionalEventData = {
      rotationType: 'ON_DEMAND',
      previousKeyMaterialId: currentMaterial(stored.value).id,
      currentKeyMaterialId: currentMaterial(key).id,
    };
    await call.commit(change);
    return { KeyId: key.id };
  },
});
