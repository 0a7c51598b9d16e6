import type { DisableKeyRequest } from '../../core/shapes/kms.ts';
import { putKey } from '../change.ts';
import { onKey } from '../handler.ts';

/** KMS API reference, "DisableKey". */
export const disableKey = onKey<DisableKeyRequest, void>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'enabledOrDisabled',
  action: 'kms:DisableKey',
  readOnly: false,
  audit: ['KeyId'],
  async run(_input, call, key) {
    if (key.value.state !== 'Disabled') await call.commit(putKey(key, { state: 'Disabled' }));
  },
});
