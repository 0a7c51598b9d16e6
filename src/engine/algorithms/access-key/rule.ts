/** What the binding of an access-key secret says: an account's key, of no Region, and nothing of key material. */
import { parseAccountId } from '../../../core/ids.ts';
import type { Binding } from '../../protocol/binding.ts';
import { EngineError } from '../../protocol/messages.ts';

/** Throws `refused`. */
export function requireAccessKey(binding: Binding): void {
  const { kind, account, region, keyId, materialId, keySpec, usage, origin } = binding;
  const allowed =
    kind === 'access-key-secret' &&
    parseAccountId(account) !== undefined &&
    region === '*' &&
    keyId !== '' &&
    materialId + keySpec + usage + origin === '';
  if (!allowed) throw new EngineError('refused', 'the binding is not that of an access key');
}
