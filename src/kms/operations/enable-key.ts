import type { EnableKeyRequest } from '../../core/shapes/kms.ts';
import { joinChanges, putKey } from '../change.ts';
import { onKey } from '../handler.ts';

/** KMS API reference, "EnableKey". A rotation that fell due while the key was disabled happens at once. */
export const enableKey = onKey<EnableKeyRequest, void>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'enabledOrDisabled',
  action: 'kms:EnableKey',
  readOnly: false,
  audit: ['KeyId'],
  async run(_input, call, key, kms) {
    const { state, rotation } = key.value;
    if (state === 'Enabled') return;
    const overdue = rotation.enabled && rotation.next <= call.time;
    const timer = overdue ? kms.timers.rotateAt(key.value, call.time) : {};
    await call.commit(joinChanges(putKey(key, { state: 'Enabled' }), timer));
  },
});
