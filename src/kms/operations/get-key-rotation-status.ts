import type { GetKeyRotationStatusRequest, GetKeyRotationStatusResponse } from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import { rotates } from '../rules/rotation.ts';

/** KMS API reference, "GetKeyRotationStatus". On-demand rotation is complete when its call returns. */
export const getKeyRotationStatus = onKey<GetKeyRotationStatusRequest, GetKeyRotationStatusResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  origins: ['AWS_KMS'],
  state: 'any',
  action: 'kms:GetKeyRotationStatus',
  readOnly: true,
  audit: ['KeyId'],
  run(_input, _call, { value: key }) {
    const status = { KeyId: key.id, KeyRotationEnabled: rotates(key) };
    if (!status.KeyRotationEnabled) return status;
    const { periodInDays, next } = key.rotation;
    return { ...status, RotationPeriodInDays: periodInDays, NextRotationDate: next };
  },
});
