import type { UntagResourceRequest, UntagResourceResponse } from '../../core/shapes/cloudhsmv2.ts';
import { onTags } from '../handler.ts';
import { putTags } from '../rules/tagged.ts';
import { requireUnreserved } from '../tags.ts';

/** CloudHSM API reference, "UntagResource". Keys that there are not are no error. */
export const untagResource = onTags<UntagResourceRequest, UntagResourceResponse>({
  action: 'cloudhsm:UntagResource',
  readOnly: false,
  audit: ['ResourceId', 'TagKeyList'],
  async run({ TagKeyList }, call, resource) {
    requireUnreserved(TagKeyList);
    const kept = resource.stored.value.tags.filter(({ Key }) => !TagKeyList.includes(Key));
    await call.commit(putTags(resource, kept));
    return {};
  },
});
