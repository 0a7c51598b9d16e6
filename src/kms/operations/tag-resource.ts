import type { TagResourceRequest } from '../../core/shapes/kms.ts';
import { putKey } from '../change.ts';
import { onKey } from '../handler.ts';
import { mergeTags, requireValidTags } from '../rules/tags.ts';

/** KMS API reference, "TagResource". */
export const tagResource = onKey<TagResourceRequest, void>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'notPendingDeletion',
  action: 'kms:TagResource',
  readOnly: false,
  audit: ['KeyId', 'Tags'],
  async run(input, call, key) {
    requireValidTags(input.Tags);
    await call.commit(putKey(key, { tags: mergeTags(key.value.tags, input.Tags) }));
  },
});
