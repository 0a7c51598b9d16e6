import type { ListResourceTagsRequest, ListResourceTagsResponse } from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import { pageOf } from '../rules/paging.ts';

/** KMS API reference, "ListResourceTags": by tag key. */
export const listResourceTags = onKey<ListResourceTagsRequest, ListResourceTagsResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'any',
  action: 'kms:ListResourceTags',
  readOnly: true,
  audit: ['KeyId', 'Limit', 'Marker'],
  async run(input, _call, { value: key }) {
    const limits = { default: 50, max: 50 };
    const tags = [...key.tags].sort((a, b) => (a.TagKey < b.TagKey ? -1 : 1));
    const { items, ...rest } = await pageOf(tags, `tags of ${key.id}`, input, limits, (tag) => tag.TagKey);
    return { Tags: items, ...rest };
  },
});
