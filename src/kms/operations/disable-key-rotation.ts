import type { DisableKeyRotationRequest } from '../../core/shapes/kms.ts';
import { putKey } from '../change.ts';
import { onKey } from '../handler.ts';

/** KMS API reference, "DisableKeyRotation". */
export const disableKeyRotation = onKey<DisableKeyRotationRequest, void>({
  key: 'KeyId',
  forms: 'id-or-arn',
  origins: ['AWS_KMS'],
  state: 'enabled',
  action: 'kms:DisableKeyRotation',
  readOnly: false,
  audit: ['KeyId'],
  async run(_input, call, key) {
    const { rotation } = key.value;
    if (rotation.enabled) await call.commit(putKey(key, { rotation: { ...rotation, enabled: false } }));
  },
});
