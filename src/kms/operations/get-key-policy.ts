import type { GetKeyPolicyRequest, GetKeyPolicyResponse } from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import { requirePolicyName } from '../rules/key-policy.ts';

/** KMS API reference, "GetKeyPolicy". */
export const getKeyPolicy = onKey<GetKeyPolicyRequest, GetKeyPolicyResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'any',
  action: 'kms:GetKeyPolicy',
  readOnly: true,
  audit: ['KeyId', 'PolicyName'],
  run(input, _call, { value: key }) {
    requirePolicyName(input.PolicyName);
    return { Policy: key.policy, PolicyName: 'default' };
  },
});
