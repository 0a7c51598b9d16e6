import type { PutKeyPolicyRequest } from '../../core/shapes/kms.ts';
import { putKey } from '../change.ts';
import { onKey } from '../handler.ts';
import { arnOf } from '../key.ts';
import { requireAcceptablePolicy, requirePolicyName } from '../rules/key-policy.ts';

/** KMS API reference, "PutKeyPolicy". */
export const putKeyPolicy = onKey<PutKeyPolicyRequest, void>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'any',
  action: 'kms:PutKeyPolicy',
  readOnly: false,
  audit: ['KeyId', 'PolicyName', 'Policy', 'BypassPolicyLockoutSafetyCheck'],
  async run(input, call, key) {
    requirePolicyName(input.PolicyName);
    const bypass = input.BypassPolicyLockoutSafetyCheck ?? false;
    requireAcceptablePolicy(input.Policy, arnOf(key.value), call.caller, bypass);
    await call.commit(putKey(key, { policy: input.Policy }));
  },
});
