import type { UntagResourceRequest } from '../../core/shapes/kms.ts';
import { putKey } from '../change.ts';
import { onKey } from '../handler.ts';
import { requireUnreserved } from '../rules/tags.ts';

/** KMS API reference, "UntagResource". Tag keys that the key does not have are ignored. */
export const untagResource = onKey<UntagResourceRequest, void>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'notPendingDeletion',
  action: 'kms:UntagResource',
  readOnly: false,
  audit: ['KeyId', 'TagKeys'],
  async run(input, call, key) {
    requireUnreserved(input.TagKeys);
    const tags = key.value.tags.filter(({ TagKey }) => !input.TagKeys.includes(TagKey));
    if (tags.length !== key.value.tags.length) await call.commit(putKey(key, { tags }));
  },
});
