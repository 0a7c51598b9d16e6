/** What the binding of an account's S3 root says: of no Region, named by its root id, and nothing of key material. */
import { parseAccountId, parseKeyId } from '../../../core/ids.ts';
import type { Binding } from '../../protocol/binding.ts';
import { EngineError } from '../../protocol/messages.ts';

/** Bytes. */
export const S3_ROOT_SIZE = 32;

/** Throws `refused`. */
export function requireS3Root(binding: Binding): void {
  const { kind, account, region, keyId, materialId, keySpec, usage, origin } = binding;
  const allowed =
    kind === 's3-root' &&
    parseAccountId(account) !== undefined &&
    region === '*' &&
    parseKeyId(keyId) !== undefined &&
    materialId + keySpec + usage + origin === '';
  if (!allowed) throw new EngineError('refused', 'the binding is not that of an S3 root');
}
