import type { ListTagsRequest, ListTagsResponse } from '../../core/shapes/cloudhsmv2.ts';
import { tagsOf } from '../cluster/describe.ts';
import { onTags } from '../handler.ts';
import { pageOf } from '../rules/listing.ts';

const MOST = 100;

/** CloudHSM API reference, "ListTags". */
export const listTags = onTags<ListTagsRequest, ListTagsResponse>({
  action: 'cloudhsm:ListTags',
  readOnly: true,
  audit: ['MaxResults', 'NextToken', 'ResourceId'],
  async run(input, _call, resource) {
    const tags = resource.kind === 'cluster' ? tagsOf(resource.stored.value) : resource.stored.value.tags;
    const { items, next } = pageOf(tags, 'ListTags', input, MOST, ({ Key }) => Key);
    return { TagList: items, ...next };
  },
});
