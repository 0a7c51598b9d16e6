import type { CancelKeyDeletionRequest, CancelKeyDeletionResponse } from '../../core/shapes/kms.ts';
import { replaceKey } from '../change.ts';
import { onKey } from '../handler.ts';
import { arnOf } from '../key.ts';
import { withState } from '../rules/imported-material.ts';

/** KMS API reference, "CancelKeyDeletion". The key comes back disabled, or without its material, whatever it was. */
export const cancelKeyDeletion = onKey<CancelKeyDeletionRequest, CancelKeyDeletionResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'pendingDeletion',
  action: 'kms:CancelKeyDeletion',
  readOnly: false,
  audit: ['KeyId'],
  async run(_input, call, key) {
    const { deletionDate: _, ...kept } = key.value;
    await call.commit(replaceKey(key, withState(kept, 'Disabled')));
    return { KeyId: arnOf(key.value) };
  },
});
