/** The source side of Decrypt and ReEncrypt: which key and material a ciphertext names, and whether it may be used. */

import type { Target } from '../../core/call.ts';
import { canonicalContext } from '../../core/encryption-context.ts';
import { ServiceError } from '../../core/errors.ts';
import { type AccountId, keyArn, must, parseAccountId, parseKeyId } from '../../core/ids.ts';
import type { DecryptRequest } from '../../core/shapes/kms.ts';
import {
  type ParsedHeader,
  parseHeader,
  SCHEME_ENGINE,
  SCHEME_HSM,
} from '../../engine/protocol/ciphertext.ts';
import type { MaterialHandle } from '../backend.ts';
import { incorrectKey, invalidCiphertext, keyDoesNotExist, validation } from '../errors.ts';
import { arnOf, type KeyRecord } from '../key.ts';
import { parseKeyName } from '../keys.ts';
import type { Kms, KmsCall, StoredKey } from '../kms.ts';
import { isForeign, keyNotFound } from './find-key.ts';
import { requireState } from './key-states.ts';
import { requireManagedKeyAccess } from './managed-keys.ts';
import { decrypting, requireAlgorithm, requireGrantTokens, requireUsage } from './use.ts';

/** Decrypt's own members; ReEncrypt has the same with `Source` before some names. */
export type SourceRequest = Pick<
  DecryptRequest,
  | 'CiphertextBlob'
  | 'EncryptionContext'
  | 'KeyId'
  | 'EncryptionAlgorithm'
  | 'GrantTokens'
  | 'DryRun'
  | 'DryRunModifiers'
>;

export interface CiphertextSource {
  readonly request: SourceRequest;
  /** Absent only in a dry run that ignores the ciphertext. */
  readonly ciphertext: Uint8Array | undefined;
  readonly header: ParsedHeader | undefined;
  readonly arn: string;
  readonly account: AccountId;
  readonly key: StoredKey | undefined;
  /** The key that the request names, when it names one. */
  readonly named: { readonly key: StoredKey | undefined; readonly arn: string } | undefined;
}

export async function findSource(request: SourceRequest, call: KmsCall, kms: Kms): Promise<CiphertextSource> {
  const ciphertext = ciphertextToUse(request);
  const named = request.KeyId === undefined ? undefined : await findNamed(request.KeyId, call, kms);
  if (ciphertext === undefined) {
    const member = call.operation === 'ReEncrypt' ? 'SourceKeyId' : 'KeyId';
    if (named === undefined) throw validation(`${member} is required with IGNORE_CIPHERTEXT.`);
    return { request, ciphertext, header: undefined, named, ...named };
  }
  const header = parseHeader(ciphertext);
  if (header === undefined) throw invalidCiphertext();
  const account = must(parseAccountId(header.account), 'account id');
  const id = must(parseKeyId(header.keyId), 'key id');
  const place = { account, region: call.region };
  const key = await kms.keys.get(place, id);
  const source = { request, ciphertext, header, named, arn: keyArn(place, id), account, key };
  if (account !== call.account) await requireGenuine(source, kms);
  return source;
}

/**
 * A ciphertext that names another account is that account's business only when it is truly a ciphertext of its key:
 * what is damaged or made up names nobody. Who has a true one with its context learns nothing from the refusal.
 */
async function requireGenuine(source: CiphertextSource, kms: Kms): Promise<void> {
  if (source.key === undefined || source.ciphertext === undefined) throw invalidCiphertext();
  const material = await materialOf(source, source.key.value, kms);
  const context = canonicalContext(source.request.EncryptionContext);
  await decrypting(genuine(kms.backend.check(material, source.ciphertext, context)));
}

/** Whether a key of another account can be used now is that account's business too. */
async function genuine(check: Promise<void>): Promise<void> {
  try {
    await check;
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'KMSInvalidStateException') throw invalidCiphertext();
    throw error;
  }
}

async function findNamed(keyId: string, call: KmsCall, kms: Kms) {
  const name = parseKeyName(keyId, call, 'any');
  const { account } = name.place;
  if (isForeign(name, call)) return { key: undefined, arn: name.arn, account };
  const key = await kms.keys.find(name);
  if (key === undefined) throw keyNotFound(name);
  return { key, arn: arnOf(key.value), account };
}

/** IGNORE_CIPHERTEXT checks the permission alone, and needs DryRun. */
function ciphertextToUse(request: SourceRequest): Uint8Array | undefined {
  const ignore = request.DryRunModifiers?.includes('IGNORE_CIPHERTEXT') ?? false;
  if (ignore && request.DryRun !== true)
    throw validation('DryRunModifiers can be specified only when DryRun is set.');
  if (ignore) return undefined;
  if (request.CiphertextBlob === undefined)
    throw validation(
      "1 validation error detected: Value at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
    );
  return request.CiphertextBlob;
}

export const sourceTarget = ({ arn, account }: CiphertextSource, action: string): Target => ({
  action,
  resource: arn,
  account,
});

export function usableKey(
  source: CiphertextSource,
  operation: 'Decrypt' | 'ReEncryptFrom',
  call: KmsCall,
): KeyRecord {
  const stored = source.key;
  // A well-formed ciphertext of a key that is gone (or never was): nothing tells it from a damaged one.
  if (stored === undefined)
    throw source.header === undefined ? keyDoesNotExist(source.arn) : invalidCiphertext();
  const key = stored.value;
  if (source.named !== undefined && source.named.arn !== arnOf(key)) throw incorrectKey();
  requireManagedKeyAccess(key, `kms:${operation}`, call.caller);
  requireState(stored, 'enabled', call.time);
  requireUsage(key, 'ENCRYPT_DECRYPT', operation);
  requireAlgorithm(key, source.request.EncryptionAlgorithm);
  requireGrantTokens(source.request.GrantTokens);
  return key;
}

/** By the scheme of a ciphertext. */
const holders: Readonly<Record<number, MaterialHandle['heldBy']>> = {
  [SCHEME_ENGINE]: 'engine',
  [SCHEME_HSM]: 'hsm',
};

export async function materialOf(
  source: CiphertextSource,
  key: KeyRecord,
  kms: Kms,
): Promise<MaterialHandle> {
  const { header } = source;
  const material = header && (await kms.materials.find(key, header.materialId));
  if (material === undefined || material.heldBy !== holders[header?.scheme ?? 0]) throw invalidCiphertext();
  return material;
}
