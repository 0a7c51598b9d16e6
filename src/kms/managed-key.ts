/** Makes the AWS managed key of a service for an account and Region, once. */
import { must, type Place, parseAliasName } from '../core/ids.ts';
import { StoreError } from '../store/contract.ts';
import { putNewAlias } from './aliases.ts';
import { joinChanges } from './change.ts';
import { arnOf } from './key.ts';
import type { Kms, StoredKey } from './kms.ts';
import { newKey } from './new-key.ts';
import { managedKeyPolicy } from './rules/key-policy.ts';
import { type ManagedService, managedAlias } from './rules/managed-keys.ts';

const DESCRIPTIONS: Readonly<Record<ManagedService, string>> = {
  ebs: 'Default key that protects my EBS volumes when no other key is defined',
  s3: 'Default key that protects my S3 objects when no other key is defined',
};

export async function managedKey(
  service: ManagedService,
  place: Place,
  kms: Kms,
): Promise<StoredKey | undefined> {
  const alias = must(parseAliasName(managedAlias(service)), 'alias name');
  try {
    await make(service, place, kms);
  } catch (error) {
    // Another call made it in the meantime: the alias row exists once.
    if (!(error instanceof StoreError && error.code === 'conflict')) throw error;
  }
  const found = await kms.aliases.find(place, alias);
  return found && kms.keys.get(place, found.value.target);
}

async function make(service: ManagedService, place: Place, kms: Kms): Promise<void> {
  const event = kms.events.begin();
  const { record, change } = await newKey(
    kms,
    {
      ...place,
      manager: 'AWS',
      description: DESCRIPTIONS[service],
      multiRegion: false,
      policy: managedKeyPolicy(place.account, place.region, service),
      tags: [],
      rotate: true,
    },
    event,
  );
  const name = must(parseAliasName(managedAlias(service)), 'alias name');
  const alias = putNewAlias(place, { name, target: record.id, created: event.time, updated: event.time });
  await kms.events.commit(joinChanges(change, alias), {
    ...event,
    ...place,
    name: 'CreateKey',
    resources: [arnOf(record)],
    additionalEventData: { service, keyMaterialId: record.materials[0]?.id ?? null },
  });
}
