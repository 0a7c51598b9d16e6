/** What a server serves in the end, beside what workers know of it. Each function answers what is wrong. */
import {
  type KMS,
  paginateListAliases,
  paginateListKeyRotations,
  paginateListKeys,
  paginateListResourceTags,
} from '@aws-sdk/client-kms';
import type { Known } from './book.ts';
import type { Key, Sealed } from './model.ts';
import { opensTo } from './uses.ts';
import type { Worker } from './worker.ts';

const PARALLEL = 16;

/** What the API says of every key and alias of the account. */
export interface Served {
  /** By key id. */
  readonly keys: ReadonlyMap<string, ServedKey>;
  /** Of customers: the id of the target by alias name. */
  readonly aliases: ReadonlyMap<string, string>;
}

export interface ServedKey {
  readonly arn: string;
  readonly state: string;
  readonly description: string;
  readonly policy: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly rotations: number;
}

export async function readServed(kms: KMS): Promise<Served> {
  const aliases = new Map<string, string>();
  for await (const page of paginateListAliases({ client: kms }, {}))
    for (const { AliasName = '', TargetKeyId } of page.Aliases ?? [])
      if (TargetKeyId !== undefined && !AliasName.startsWith('alias/aws/'))
        aliases.set(AliasName, TargetKeyId);
  const ids: string[] = [];
  for await (const page of paginateListKeys({ client: kms }, {}))
    ids.push(...(page.Keys ?? []).map(({ KeyId = '' }) => KeyId));
  const keys = new Map<string, ServedKey>();
  await inParallel(ids, async (id) => keys.set(id, await readKey(kms, id)));
  return { keys, aliases };
}

async function readKey(kms: KMS, KeyId: string): Promise<ServedKey> {
  const { KeyMetadata } = await kms.describeKey({ KeyId });
  const tags = new Map<string, string>();
  for await (const page of paginateListResourceTags({ client: kms }, { KeyId }))
    for (const { TagKey = '', TagValue = '' } of page.Tags ?? []) tags.set(TagKey, TagValue);
  let rotations = 0;
  for await (const page of paginateListKeyRotations({ client: kms }, { KeyId }))
    rotations += (page.Rotations ?? []).length;
  return {
    arn: KeyMetadata?.Arn ?? '',
    state: KeyMetadata?.KeyState ?? '',
    description: KeyMetadata?.Description ?? '',
    policy: (await kms.getKeyPolicy({ KeyId })).Policy ?? '',
    tags,
    rotations,
  };
}

export function wrongKeys(served: Served, workers: readonly Worker[]): readonly string[] {
  const wrong = workers.flatMap(({ keys }) => keys.flatMap((key) => wrongKey(served.keys.get(key.id), key)));
  const acknowledged = workers.reduce((sum, { keys }) => sum + keys.length, 0);
  const attempted = workers.reduce((sum, { keysAttempted }) => sum + keysAttempted, 0);
  const { size } = served.keys;
  if (size < acknowledged || size > attempted)
    wrong.push(`${size} keys, where ${acknowledged} to ${attempted} are right`);
  return wrong;
}

function wrongKey(served: ServedKey | undefined, key: Key): readonly string[] {
  if (served === undefined) return [`key ${key.id} is lost`];
  const { acknowledged, attempted } = key.rotations;
  const wrong = [
    ...mismatch(`state of ${key.id}`, key.state, served.state),
    ...mismatch(`description of ${key.id}`, key.description, served.description),
    ...mismatch(`policy of ${key.id}`, key.policy, served.policy),
    ...[...key.tags].flatMap(([name, known]) =>
      mismatch(`tag ${name} of ${key.id}`, known, served.tags.get(name)),
    ),
    ...[...served.tags.keys()].filter((name) => !key.tags.has(name)).map((name) => `tag ${name} of nobody`),
  ];
  if (served.rotations < acknowledged || served.rotations > attempted)
    wrong.push(`${served.rotations} rotations of ${key.id}, where ${acknowledged} to ${attempted} are right`);
  return wrong;
}

export function wrongAliases({ aliases }: Served, workers: readonly Worker[]): readonly string[] {
  const known = new Map(workers.flatMap((worker) => [...worker.aliases]));
  return [
    ...[...known].flatMap(([name, target]) => mismatch(name, target, aliases.get(name))),
    ...[...aliases.keys()].filter((name) => !known.has(name)).map((name) => `${name} is nobody's`),
  ];
}

const mismatch = <T>(what: string, known: Known<T>, seen: unknown): readonly string[] =>
  known.allows(seen as T) ? [] : [`${what} is ${String(seen)}, where ${known} is right`];

/** So that each ciphertext can be opened. */
export async function enableAll(kms: KMS, { keys }: Served): Promise<void> {
  await inParallel([...keys], async ([KeyId, { state }]) => {
    if (state === 'PendingDeletion') await kms.cancelKeyDeletion({ KeyId });
    if (state !== 'Enabled') await kms.enableKey({ KeyId });
  });
}

export async function wrongCiphertexts(kms: KMS, sealed: readonly Sealed[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  await inParallel(sealed, async (one) => {
    const { ciphertext, context, keyArn } = one;
    try {
      const opened = await kms.decrypt({ CiphertextBlob: ciphertext, EncryptionContext: context });
      if (!opensTo(one, opened)) wrong.push(`a ciphertext of ${keyArn} opened as another`);
    } catch (error) {
      wrong.push(`a ciphertext of ${keyArn} does not open: ${String(error)}`);
    }
  });
  return wrong;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
}
