/** What every cryptographic use of a symmetric key shares. */
import { EngineError } from '../../engine/protocol/messages.ts';
import { dryRunSucceeded, invalidCiphertext, invalidGrantToken, invalidKeyUsage } from '../errors.ts';
import { arnOf, type KeyRecord } from '../key.ts';
import type { KmsCall } from '../kms.ts';
import { type FoundKey, requireFound } from './find-key.ts';
import { requireState } from './key-states.ts';
import { requireManagedKeyAccess } from './managed-keys.ts';

/** There are no grants yet, so no token is one. */
export function requireGrantTokens(tokens: readonly string[] | undefined): void {
  if (tokens !== undefined && tokens.length > 0)
    throw invalidGrantToken('The grant token is not valid or does not belong to a grant of this key.');
}

export function requireAlgorithm(key: KeyRecord, algorithm: string | undefined): void {
  if (algorithm !== undefined && algorithm !== 'SYMMETRIC_DEFAULT')
    throw invalidKeyUsage(`Algorithm ${algorithm} is incompatible with key spec ${key.keySpec}.`);
}

export function requireUsage(key: KeyRecord, usage: string, operation: string): void {
  if (key.usage !== usage)
    throw invalidKeyUsage(`${arnOf(key)} key usage is ${key.usage} which is not valid for ${operation}.`);
}

/** A key that may encrypt, for an operation whose table row does not check it. */
export function requireEncryptionKey(
  found: FoundKey,
  action: string,
  algorithm: string | undefined,
  call: KmsCall,
): KeyRecord {
  const stored = requireFound(found);
  const key = stored.value;
  requireManagedKeyAccess(key, action, call.caller);
  requireState(stored, 'enabled', call.time);
  requireUsage(key, 'ENCRYPT_DECRYPT', action.slice('kms:'.length));
  requireAlgorithm(key, algorithm);
  return key;
}

/** With DryRun, what would have succeeded ends here. */
export function endDryRun(): never {
  throw dryRunSucceeded();
}

/** Decrypting fails in one way, whatever the cause. */
export async function decrypting<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof EngineError && error.code === 'invalid-ciphertext') throw invalidCiphertext();
    throw error;
  }
}
