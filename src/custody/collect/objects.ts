/** Stored objects, by the material that they hang on. */
import type { AccountId } from '../../core/ids.ts';
import { parseAccountId, parseKeyId, parseKmsArn } from '../../core/ids.ts';
import { type BucketRow, getBucket, getObject, type ObjectRow } from '../../storage/objects/rows.ts';
import type { Rows, Stored } from '../../store/rows-contract.ts';
import { scanAll } from '../../store/scan-all.ts';
import type { KeyName } from './held.ts';
import { s3RootName } from './names.ts';

export interface ObjectsUnder {
  readonly material: string;
  /** Undefined for the S3 root of the bucket's account. */
  readonly key: KeyName | undefined;
  readonly objects: number;
}

export interface Contents {
  readonly account: AccountId;
  readonly under: readonly ObjectsUnder[];
}

/** All objects of a bucket, or the one of that key; undefined when there is no such thing. */
export async function contentsOf(rows: Rows, bucket: string, object?: string): Promise<Contents | undefined> {
  const found = await getBucket(rows, bucket);
  if (found === undefined) return undefined;
  const { account } = found.value;
  if (object === undefined) return { account, under: await countBucket(rows, bucket, account) };
  const stored = await getObject(rows, bucket, object);
  return stored && { account, under: [underOf(stored.value, account)] };
}

async function countBucket(rows: Rows, bucket: string, account: AccountId): Promise<readonly ObjectsUnder[]> {
  const counted = new Map<string, ObjectsUnder>();
  for await (const { value } of scanAll<Stored<ObjectRow>>(rows, 'object', `${bucket}/`)) {
    const under = underOf(value, account);
    const objects = (counted.get(under.material)?.objects ?? 0) + 1;
    counted.set(under.material, { ...under, objects });
  }
  return [...counted.values()];
}

function underOf({ wrap }: ObjectRow, account: AccountId): ObjectsUnder {
  if (wrap.by === 's3-root') return { material: s3RootName(account), key: undefined, objects: 1 };
  return { material: wrap.materialId, key: keyNameOf(wrap.keyArn), objects: 1 };
}

/** Undefined for what is no ARN of a key. */
export function keyNameOf(arn: string): KeyName | undefined {
  const parsed = parseKmsArn(arn);
  const id = parsed?.resource.startsWith('key/') ? parseKeyId(parsed.resource.slice(4)) : undefined;
  return parsed && id && { account: parsed.account, region: parsed.region, id };
}

/** How many objects of all buckets are under each material. */
export async function countObjects(rows: Rows): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for await (const { id, value } of scanAll<Stored<BucketRow>>(rows, 'bucket', '')) {
    const account = parseAccountId(value.account);
    if (account === undefined) continue;
    for (const { material, objects } of await countBucket(rows, id, account))
      counts.set(material, (counts.get(material) ?? 0) + objects);
  }
  return counts;
}
