/** From a KeyId to the key, for operations on one key. */
import type { Target } from '../../core/call.ts';
import type { ServiceError } from '../../core/errors.ts';
import { aliasNotFound, keyDoesNotExist } from '../errors.ts';
import { arnOf } from '../key.ts';
import { type KeyForms, type KeyName, parseKeyName } from '../keys.ts';
import type { Kms, KmsCall, MaybePromise, StoredKey } from '../kms.ts';
import { managedKey } from '../managed-key.ts';
import { managedServiceOf } from './managed-keys.ts';

export interface FoundKey {
  readonly name: KeyName;
  /** Undefined only for a key of another account, which the authoriser refuses. */
  readonly key: StoredKey | undefined;
}

/**
 * Of another account's key nobody learns that it exists, nor what an alias stands for: no policy can share keys yet,
 * so they are not looked up.
 */
export const isForeign = ({ place }: KeyName, call: KmsCall): boolean => place.account !== call.account;

export const keyNotFound = (name: KeyName): ServiceError =>
  name.kind === 'alias' ? aliasNotFound(name.arn) : keyDoesNotExist(name.arn);

export function findKey(text: string, forms: KeyForms, call: KmsCall, kms: Kms): MaybePromise<FoundKey> {
  const name = parseKeyName(text, call, forms);
  if (isForeign(name, call)) return { name, key: undefined };
  const key = kms.keys.find(name);
  if (key instanceof Promise || key === undefined) return findLater(name, key, call, kms);
  return { name, key };
}

async function findLater(
  name: KeyName,
  pending: MaybePromise<StoredKey | undefined>,
  call: KmsCall,
  kms: Kms,
): Promise<FoundKey> {
  const key = (await pending) ?? (await makeManagedKey(name, call, kms));
  if (key === undefined) throw keyNotFound(name);
  return { name, key };
}

/** The key behind `alias/aws/<service>` is made when the service first uses it, or when it is first described. */
function makeManagedKey(name: KeyName, call: KmsCall, kms: Kms): MaybePromise<StoredKey | undefined> {
  if (name.kind !== 'alias') return undefined;
  const service = managedServiceOf(name.alias);
  const asked = call.caller.invokedBy !== undefined || call.operation === 'DescribeKey';
  return service !== undefined && asked ? managedKey(service, name.place, kms) : undefined;
}

export const keyTarget = ({ name, key }: FoundKey, action: string): Target => ({
  action,
  resource: key === undefined ? name.arn : arnOf(key.value),
  account: name.place.account,
});

export function requireFound({ name, key }: FoundKey): StoredKey {
  if (key === undefined) throw keyNotFound(name);
  return key;
}
