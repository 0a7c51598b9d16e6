/**
 * What the binding of a key store's credential says: an account's and Region's store, which user it logs in as, and
 * nothing of key material.
 */
import { parseAccountId, parseRegion } from '../../../core/ids.ts';
import type { Binding } from '../../protocol/binding.ts';
import { EngineError } from '../../protocol/messages.ts';

/** CloudHSM user guide, "Quotas": passwords of 7 to 32 characters, printable here (hsm/protocol/values.ts). */
const PASSWORD = /^[\x20-\x7e]{7,32}$/;

/** Throws `refused`. */
export function requireStoreCredential(binding: Binding): void {
  const { kind, account, region, keyId, materialId, keySpec, usage, origin } = binding;
  const allowed =
    kind === 'store-credential' &&
    parseAccountId(account) !== undefined &&
    parseRegion(region) !== undefined &&
    keyId !== '' &&
    usage === 'kmsuser' &&
    origin === 'AWS_CLOUDHSM' &&
    materialId + keySpec === '';
  if (!allowed) throw new EngineError('refused', 'the binding is not that of a key store');
}

/** Throws `refused`. */
export function requirePassword(password: string): void {
  if (!PASSWORD.test(password))
    throw new EngineError('refused', 'a password has 7 to 32 printable characters');
}
