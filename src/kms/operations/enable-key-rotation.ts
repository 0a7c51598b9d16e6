import type { EnableKeyRotationRequest } from '../../core/shapes/kms.ts';
import { joinChanges, putKey } from '../change.ts';
import { onKey } from '../handler.ts';
import { DEFAULT_ROTATION_DAYS, rotationDue } from '../rules/rotation.ts';

/** KMS API reference, "EnableKeyRotation". Called again, it sets the period and counts from now. */
export const enableKeyRotation = onKey<EnableKeyRotationRequest, void>({
  key: 'KeyId',
  forms: 'id-or-arn',
  origins: ['AWS_KMS'],
  state: 'enabled',
  action: 'kms:EnableKeyRotation',
  readOnly: false,
  audit: ['KeyId', 'RotationPeriodInDays'],
  async run(input, call, key, kms) {
    const periodInDays = input.RotationPeriodInDays ?? DEFAULT_ROTATION_DAYS;
    const next = rotationDue(call.time, periodInDays);
    const rotation = { enabled: true, periodInDays, next };
    await call.commit(joinChanges(putKey(key, { rotation }), kms.timers.rotateAt(key.value, next)));
  },
});
