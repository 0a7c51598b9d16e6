/** Alias names and limits (KMS API reference, "CreateAlias"; service quota "Aliases per KMS key"). */
import { type AliasName, aliasArn, type Place, parseAliasName } from '../../core/ids.ts';
import type { StoredAlias } from '../aliases.ts';
import { aliasNotFound, invalidAliasName, limitExceeded, validation } from '../errors.ts';
import { arnOf, type KeyRecord } from '../key.ts';
import type { Kms } from '../kms.ts';

const MAX_ALIASES_PER_KEY = 50;

/** A name that a customer may make, move and delete. */
export function customerAlias(text: string): AliasName {
  if (!text.startsWith('alias/'))
    throw validation(`Alias must start with the prefix "alias/". Please see the API reference for details.`);
  if (text.startsWith('alias/aws/'))
    throw invalidAliasName(`Invalid alias name: ${text} is reserved for AWS.`);
  const name = parseAliasName(text);
  if (name === undefined) throw invalidAliasName(`${text} contains invalid characters for an alias`);
  return name;
}

export async function existingAlias(name: AliasName, place: Place, kms: Kms): Promise<StoredAlias> {
  const alias = await kms.aliases.find(place, name);
  if (alias === undefined) throw aliasNotFound(aliasArn(place, name));
  return alias;
}

export async function requireAliasLeft(key: KeyRecord, kms: Kms): Promise<void> {
  const present = await kms.aliases.listOfKey(key, key.id, undefined, MAX_ALIASES_PER_KEY);
  if (present.length >= MAX_ALIASES_PER_KEY)
    throw limitExceeded(`The key ${arnOf(key)} has ${MAX_ALIASES_PER_KEY} aliases, which is the limit.`);
}
