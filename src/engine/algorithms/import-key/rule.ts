/**
 * What the binding of an import key says: a KMS key of origin EXTERNAL, and how its material is wrapped (KMS API
 * reference, "GetParametersForImport"). Nothing else decides by wrapping key spec or algorithm.
 */
import { parseAccountId, parseKeyId } from '../../../core/ids.ts';
import type { Binding } from '../../protocol/binding.ts';
import { EngineError } from '../../protocol/messages.ts';
import { regionFits } from '../key-specs.ts';
import { oaep, type Unwrap, wrappedAesKey } from './unwrap.ts';

export interface ImportKeyRule {
  readonly modulusLength: number;
  readonly unwrap: Unwrap;
}

const modulusLengths: Readonly<Record<string, number>> = Object.assign(Object.create(null), {
  RSA_2048: 2048,
  RSA_3072: 3072,
  RSA_4096: 4096,
});
const unwraps: Readonly<Record<string, Unwrap>> = Object.assign(Object.create(null), {
  RSAES_OAEP_SHA_256: oaep,
  RSA_AES_KEY_WRAP_SHA_256: wrappedAesKey,
} satisfies Record<string, Unwrap>);

/** Throws `refused`. */
export function importKeyRule(binding: Binding): ImportKeyRule {
  const modulusLength = modulusLengths[binding.keySpec];
  const unwrap = unwraps[binding.usage];
  const allowed =
    binding.kind === 'import-key' &&
    binding.origin === 'EXTERNAL' &&
    parseAccountId(binding.account) !== undefined &&
    parseKeyId(binding.keyId) !== undefined &&
    regionFits(binding);
  if (!allowed || modulusLength === undefined || unwrap === undefined)
    throw new EngineError('refused', 'the binding is not that of an import key');
  return { modulusLength, unwrap };
}

/** An import key brings material into the key that it was made for. Throws `refused`. */
export function requireSameKey(importKey: Binding, material: Binding): void {
  const same = (['partition', 'account', 'region', 'keyId', 'origin'] as const).every(
    (field) => importKey[field] === material[field],
  );
  if (!same) throw new EngineError('refused', 'the import key is of another key');
}
