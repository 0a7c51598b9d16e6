import type { UpdateKeyDescriptionRequest } from '../../core/shapes/kms.ts';
import { putKey } from '../change.ts';
import { onKey } from '../handler.ts';

/** KMS API reference, "UpdateKeyDescription". */
export const updateKeyDescription = onKey<UpdateKeyDescriptionRequest, void>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'notPendingDeletion',
  action: 'kms:UpdateKeyDescription',
  readOnly: false,
  audit: ['KeyId', 'Description'],
  async run(input, call, key) {
    await call.commit(putKey(key, { description: input.Description }));
  },
});
