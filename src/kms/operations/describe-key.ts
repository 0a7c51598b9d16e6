import type { DescribeKeyRequest, DescribeKeyResponse } from '../../core/shapes/kms.ts';
import { onKey } from '../handler.ts';
import { keyMetadata } from '../rules/key-metadata.ts';
import { requireGrantTokens } from '../rules/use.ts';

/** KMS API reference, "DescribeKey". Makes the key of `alias/aws/<service>` when it is first asked for. */
export const describeKey = onKey<DescribeKeyRequest, DescribeKeyResponse>({
  key: 'KeyId',
  forms: 'any',
  state: 'any',
  action: 'kms:DescribeKey',
  readOnly: true,
  audit: ['KeyId'],
  run(input, call, key) {
    requireGrantTokens(input.GrantTokens);
    return { KeyMetadata: keyMetadata(key, call.time) };
  },
});
