import type { TagResourceRequest, TagResourceResponse } from '../../core/shapes/cloudhsmv2.ts';
import { onTags } from '../handler.ts';
import { putTags } from '../rules/tagged.ts';
import { mergeTags, requireUnreserved, requireValidTags } from '../tags.ts';

/** CloudHSM API reference, "TagResource". */
export const tagResource = onTags<TagResourceRequest, TagResourceResponse>({
  action: 'cloudhsm:TagResource',
  readOnly: false,
  audit: ['ResourceId', 'TagList'],
  async run({ TagList }, call, resource) {
    requireValidTags(TagList);
    requireUnreserved(TagList.map(({ Key }) => Key));
    await call.commit(putTags(resource, mergeTags(resource.stored.value.tags, TagList)));
    return {};
  },
});
