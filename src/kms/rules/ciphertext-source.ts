/** The source side of Decrypt and ReEncrypt: which key and material a ciphertext names, and whether it may be used. */

import type { Target } from '../../core/call.ts';
import { keyArn, must, parseAccountId, parseKeyId } from '../../core/ids.ts';
import { type CiphertextHeader, parseHeader } from '../../engine/protocol/ciphertext.ts';
import type { MaterialHandle } from '../backend.ts';
import { incorrectKey, invalidCiphertext, keyDoesNotExist, validation } from '../errors.ts';
import { arnOf, type KeyRecord } from '../key.ts';
import { parseKeyName } from '../keys.ts';
import type { Kms, KmsCall, StoredKey } from '../kms.ts';
import { isForeign, keyNotFound } from './find-key.ts';
import { requireState } from './key-states.ts';
import { requireManagedKeyAccess } from './managed-keys.ts';
import { requireAlgorithm, requireGrantTokens, requireUsage } from './use.ts';

export interface SourceRequest {
  readonly ciphertext: Uint8Array | undefined;
  readonly keyId: string | undefined;
  readonly keyIdMember: string;
  readonly algorithm: string | undefined;
  readonly grantTokens: readonly string[] | undefined;
  readonly dryRun: boolean | undefined;
  readonly dryRunModifiers: readonly string[] | undefined;
}

export interface CiphertextSource {
  /** Absent only in a dry run that ignores the ciphertext. */
  readonly ciphertext: Uint8Array | undefined;
  readonly header: CiphertextHeader | undefined;
  readonly arn: string;
  readonly account: string;
  readonly key: StoredKey | undefined;
  /** The key that the request names, when it names one. */
  readonly named: { readonly key: StoredKey | undefined; readonly arn: string } | undefined;
}

export async function findSource(request: SourceRequest, call: KmsCall, kms: Kms): Promise<CiphertextSource> {
  const ciphertext = ciphertextToUse(request);
  const named = request.keyId === undefined ? undefined : await findNamed(request.keyId, call, kms);
  if (ciphertext === undefined) {
    if (named === undefined) throw validation(`${request.keyIdMember} is required with IGNORE_CIPHERTEXT.`);
    return { ciphertext, header: undefined, named, ...named };
  }
  const header = parseHeader(ciphertext);
  if (header === undefined) throw invalidCiphertext();
  const account = must(parseAccountId(header.account), 'account id');
  const id = must(parseKeyId(header.keyId), 'key id');
  const place = { account, region: call.region };
  return { ciphertext, header, named, arn: keyArn(place, id), account, key: await kms.keys.get(place, id) };
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
  const ignore = request.dryRunModifiers?.includes('IGNORE_CIPHERTEXT') ?? false;
  if (ignore && request.dryRun !== true)
    throw validation('DryRunModifiers can be specified only when DryRun is set.');
  if (ignore) return undefined;
  if (request.ciphertext === undefined)
    throw validation(
      "1 validation error detected: Value at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
    );
  return request.ciphertext;
}

export const sourceTarget = (source: CiphertextSource, call: KmsCall, action: string): Target => {
  // A foreign ciphertext whose key a request names is judged by the key it names.
  const { arn, account } = source;
  return { action, resource: arn, account: parseAccountId(account) ?? call.account };
};

export function usableKey(
  source: CiphertextSource,
  request: SourceRequest,
  operation: string,
  call: KmsCall,
): KeyRecord {
  const stored = source.key;
  // A well-formed ciphertext of a key that is gone (or never was): nothing tells it from a damaged one.
  if (stored === undefined)
    throw source.header === undefined ? keyDoesNotExist(source.arn) : invalidCiphertext();
  const key = stored.value;
  if (source.named !== undefined && source.named.arn !== arnOf(key)) throw incorrectKey();
  requireManagedKeyAccess(key, operation === 'Decrypt' ? 'kms:Decrypt' : 'kms:ReEncryptFrom', call.caller);
  requireState(key, 'enabled');
  requireUsage(key, 'ENCRYPT_DECRYPT', operation);
  requireAlgorithm(key, request.algorithm);
  requireGrantTokens(request.grantTokens);
  return key;
}

export async function materialOf(
  source: CiphertextSource,
  key: KeyRecord,
  kms: Kms,
): Promise<MaterialHandle> {
  const material = source.header && (await kms.materials.find(key, source.header.materialId));
  if (material === undefined) throw invalidCiphertext();
  return material;
}
