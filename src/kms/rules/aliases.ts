/** Alias names and limits (KMS API reference, "CreateAlias"; service quota "Aliases per KMS key"). */
import { type AliasName, aliasArn, parseAliasName } from '../../core/ids.ts';
import type { StoredAlias } from '../aliases.ts';
import { aliasNotFound, invalidAliasName, limitExceeded, validation } from '../errors.ts';
import { arnOf, type KeyRecord } from '../key.ts';
import type { Kms, KmsCall } from '../kms.ts';
import { notAllowed } from './managed-keys.ts';

const MAX_ALIASES_PER_KEY = 50;

/** A name that a customer may make. */
export function newAliasName(text: string): AliasName {
  requirePrefix(text);
  if (isReserved(text)) throw invalidAliasName(`Invalid alias name: ${text} is reserved for AWS.`);
  const name = parseAliasName(text);
  if (name === undefined) throw invalidAliasName(`${text} contains invalid characters for an alias`);
  return name;
}

/** The alias that a customer moves or deletes. Those of AWS managed keys are not the customer's to change. */
export async function customersAlias(text: string, call: KmsCall, kms: Kms): Promise<StoredAlias> {
  requirePrefix(text);
  const name = parseAliasName(text);
  // No alias has such a name; InvalidAliasNameException is for new ones alone.
  if (name === undefined) throw aliasNotFound(text);
  const arn = aliasArn(call, name);
  call.record.resources.push(arn);
  if (isReserved(name)) throw notAllowed(call.caller, `kms:${call.operation}`, arn);
  const alias = await kms.aliases.find(call, name);
  if (alias === undefined) throw aliasNotFound(arn);
  return alias;
}

function requirePrefix(text: string): void {
  if (!text.startsWith('alias/'))
    throw validation(`Alias must start with the prefix "alias/". Please see the API reference for details.`);
}

const isReserved = (text: string): boolean => text.startsWith('alias/aws/');

export async function requireAliasLeft(key: KeyRecord, kms: Kms): Promise<void> {
  const present = await kms.aliases.listOfKey(key, key.id, undefined, MAX_ALIASES_PER_KEY);
  if (present.length >= MAX_ALIASES_PER_KEY)
    throw limitExceeded(`The key ${arnOf(key)} has ${MAX_ALIASES_PER_KEY} aliases, which is the limit.`);
}
