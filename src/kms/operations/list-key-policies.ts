import type { ListKeyPoliciesRequest, ListKeyPoliciesResponse } from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import { pageOf } from '../rules/paging.ts';

/** KMS API reference, "ListKeyPolicies": every key has the one policy `default`. */
export const listKeyPolicies = onKey<ListKeyPoliciesRequest, ListKeyPoliciesResponse>({
  key: 'KeyId',
  forms: 'id-or-arn',
  state: 'any',
  action: 'kms:ListKeyPolicies',
  readOnly: true,
  audit: ['KeyId', 'Limit', 'Marker'],
  async run(input, _call, { value: key }) {
    const limits = { default: 100, max: 1000 };
    const { items, ...rest } = await pageOf(
      ['default'],
      `policies of ${key.id}`,
      input,
      limits,
      (name) => name,
    );
    return { PolicyNames: items, ...rest };
  },
});
