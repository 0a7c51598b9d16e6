/** A new access key as its creation answers it: the only time that its secret is seen. */
import type { NewAccessKey } from '../../identity/access-keys.ts';
import { accessKeyId, structure } from '../operation.ts';

export interface AccessKeySecret {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
}

export const accessKeySecret = structure({
  AccessKeyId: accessKeyId,
  SecretAccessKey: { type: 'string', sensitive: true },
});

export const secretOf = (key: NewAccessKey): AccessKeySecret => ({
  AccessKeyId: key.accessKeyId,
  SecretAccessKey: key.secret,
});
