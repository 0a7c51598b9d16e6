import { keyArn, newKeyId } from '../../core/ids.ts';
import type { CreateKeyRequest, CreateKeyResponse } from '../../core/shapes/kms.ts';
import { unsupported, validation } from '../errors.ts';
import { onAccount } from '../handler.ts';
import { arnOf } from '../key.ts';
import type { KeyStoreRecord } from '../key-store.ts';
import type { Kms, KmsCall } from '../kms.ts';
import { type NewKeyTraits, newEmptyKey, newKey, newKeyInStore } from '../new-key.ts';
import { keyMetadata } from '../rules/key-metadata.ts';
import { defaultKeyPolicy, requireAcceptablePolicy } from '../rules/key-policy.ts';
import { requireSpecAndUsage } from '../rules/key-specs.ts';
import { connectedStore, requireTwoHsms } from '../rules/key-stores.ts';
import { requireValidTags } from '../rules/tags.ts';

/** KMS API reference, "CreateKey". */
export const createKey = onAccount<CreateKeyRequest, CreateKeyResponse>({
  action: 'kms:CreateKey',
  readOnly: false,
  audit: [
    'Description',
    'KeyUsage',
    'KeySpec',
    'CustomerMasterKeySpec',
    'Origin',
    'CustomKeyStoreId',
    'XksKeyId',
    'MultiRegion',
    'BypassPolicyLockoutSafetyCheck',
    'Policy',
    'Tags',
  ],
  async run(input, call, kms) {
    requireBuiltKind(input);
    const policy = acceptablePolicy(input, call);
    const tags = input.Tags ?? [];
    requireValidTags(tags);
    const traits = {
      account: call.account,
      region: call.region,
      manager: 'CUSTOMER',
      description: input.Description ?? '',
      multiRegion: input.MultiRegion ?? false,
      policy,
      tags,
    } as const;
    const unclaim = await kms.keyQuota.claim(call, call.time);
    try {
      const { record, change, store } = await made(input, traits, call, kms);
      call.record.resources.push(arnOf(record));
      call.record.responseElements = { keyId: arnOf(record) };
      await call.commit(change);
      return { KeyMetadata: keyMetadata({ value: record, ...(store && { store }) }, call.time) };
    } catch (error) {
      unclaim();
      throw error;
    }
  },
});

async function made(
  { Origin: origin, CustomKeyStoreId: id }: CreateKeyRequest,
  traits: Omit<NewKeyTraits, 'rotate'>,
  call: KmsCall,
  kms: Kms,
): Promise<Awaited<ReturnType<typeof newKey>> & { readonly store?: KeyStoreRecord }> {
  if (origin === 'EXTERNAL') return newEmptyKey(traits, call);
  if (id === undefined) return newKey(kms, { ...traits, rotate: false }, call);
  const store = await connectedStore(id, call, kms);
  await requireTwoHsms(store.value, kms.clusters);
  return { ...(await newKeyInStore(kms, traits, store, call)), store: store.value };
}

function acceptablePolicy(input: CreateKeyRequest, call: KmsCall): string {
  if (input.Policy === undefined) return defaultKeyPolicy(call.account);
  // The key has no id yet, so that no policy can name it: only a pattern can cover it.
  const arn = keyArn(call, newKeyId(input.MultiRegion));
  requireAcceptablePolicy(input.Policy, arn, call.caller, input.BypassPolicyLockoutSafetyCheck ?? false);
  return input.Policy;
}

/** What AWS would refuse is refused with its error; what is a later part, as unsupported. */
function requireBuiltKind(input: CreateKeyRequest): void {
  if (input.KeySpec !== undefined && input.CustomerMasterKeySpec !== undefined)
    throw validation('You cannot specify KeySpec and CustomerMasterKeySpec in the same request.');
  requireSpecAndUsage(input.KeySpec ?? input.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT', input.KeyUsage);
  requireOrigin(input);
}

function requireOrigin({
  Origin: origin = 'AWS_KMS',
  CustomKeyStoreId: store,
  XksKeyId: xksKey,
  MultiRegion: multiRegion,
}: CreateKeyRequest): void {
  const inStore = origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE';
  if (inStore && store === undefined)
    throw validation(`You must specify a CustomKeyStoreId for keys with origin ${origin}.`);
  if (!inStore && store !== undefined)
    throw validation(`CustomKeyStoreId cannot be specified for keys with origin ${origin}.`);
  if (origin !== 'EXTERNAL_KEY_STORE' && xksKey !== undefined)
    throw validation(`XksKeyId cannot be specified for keys with origin ${origin}.`);
  if (origin === 'EXTERNAL_KEY_STORE') throw unsupported(`Keys with origin ${origin} are not supported yet.`);
  if (inStore && multiRegion === true)
    throw unsupported('Keys in custom key stores cannot be multi-Region keys.');
}
