import { type AliasName, aliasArn, must, parseAliasName } from '../../core/ids.ts';
import type { AliasListEntry, ListAliasesRequest, ListAliasesResponse } from '../../core/shapes/kms.ts';
import type { AliasRecord } from '../aliases.ts';
import { custom } from '../handler.ts';
import type { Kms, KmsCall } from '../kms.ts';
import { type FoundKey, findKey, requireFound } from '../rules/find-key.ts';
import { managedAlias, managedServices } from '../rules/managed-keys.ts';
import { listingIn, page } from '../rules/paging.ts';

type Listed = Pick<AliasRecord, 'name'> & Partial<AliasRecord>;

const PREDEFINED: readonly AliasName[] = managedServices.map((service) =>
  must(parseAliasName(managedAlias(service)), 'alias name'),
);

/**
 * KMS API reference, "ListAliases": by name. Aliases of AWS managed keys are listed before their keys exist,
 * without a target.
 */
export const listAliases = custom<ListAliasesRequest, ListAliasesResponse, FoundKey | undefined>({
  action: 'kms:ListAliases',
  readOnly: true,
  audit: ['KeyId', 'Limit', 'Marker'],
  find: (input, call, kms) =>
    input.KeyId === undefined ? undefined : findKey(input.KeyId, 'id-or-arn', call, kms),
  targets: (found, call) => [
    { action: 'kms:ListAliases', resource: '*', account: found?.name.place.account ?? call.account },
  ],
  async run(input, call, found, kms) {
    const key = found && requireFound(found).value;
    const { items, ...rest } = await page<Listed>(
      key === undefined ? listingIn(call, 'aliases') : `aliases of ${key.id}`,
      input,
      { default: 50, max: 100 },
      async (after, limit) =>
        key === undefined
          ? listAll(call, after, limit, kms)
          : (await kms.aliases.listOfKey(call, key.id, after, limit)).map(({ value }) => value),
      ({ name }) => name,
    );
    return { Aliases: items.map((alias) => entry(call, alias)), ...rest };
  },
});

async function listAll(
  call: KmsCall,
  after: string | undefined,
  limit: number,
  kms: Kms,
): Promise<readonly Listed[]> {
  const made = (await kms.aliases.list(call, after, limit)).map(({ value }) => value);
  const names = new Set<string>(made.map(({ name }) => name));
  const rest = PREDEFINED.filter((name) => !names.has(name) && (after === undefined || name > after));
  const all: Listed[] = [...made, ...rest.map((name) => ({ name }))];
  return all.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, limit);
}

const entry = (call: KmsCall, alias: Listed): AliasListEntry => ({
  AliasName: alias.name,
  AliasArn: aliasArn(call, alias.name),
  ...(alias.target !== undefined && {
    TargetKeyId: alias.target,
    CreationDate: alias.created,
    LastUpdatedDate: alias.updated,
  }),
});
