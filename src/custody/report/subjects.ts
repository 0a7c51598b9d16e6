/** What a report can be about: a key, a bucket, an object; found by the names that their users know. */
import { type AccountId, type KeyId, parseAccountId, parseKeyId, parseRegion } from '../../core/ids.ts';
import type { AliasRecord } from '../../kms/aliases.ts';
import type { Rows, Stored } from '../../store/rows-contract.ts';
import { scanAll } from '../../store/scan-all.ts';
import type { Question } from '../collect/collector.ts';
import { type HeldKey, heldKey, heldS3Root, type KeyName } from '../collect/held.ts';
import { bucketName, objectName } from '../collect/names.ts';
import { contentsOf, keyNameOf, type ObjectsUnder } from '../collect/objects.ts';

export type SubjectKind = 'key' | 'bucket' | 'object' | 's3-root';

export interface Found extends Question {
  readonly kind: SubjectKind;
  /** As facts and reports call it. */
  readonly name: string;
  readonly account: AccountId;
  readonly aliases: readonly string[];
  /** Of a bucket or an object. */
  readonly under: readonly ObjectsUnder[];
}

/** No subject, or more than one, has that name: the message says what to do. */
export class SubjectError extends Error {
  override readonly name = 'SubjectError';
}

/** Key id, key ARN, `alias/...`, `s3://bucket`, `s3://bucket/key`, a bucket's name, `sse-s3:ACCOUNT`. */
export async function findSubject(rows: Rows, text: string): Promise<Found> {
  if (text.startsWith('s3://')) return findStored(rows, text.slice('s3://'.length));
  if (text.startsWith('sse-s3:')) return findRoot(rows, text.slice('sse-s3:'.length));
  const names = await keyNames(rows, text);
  const [name, ...others] = names;
  if (others.length > 0)
    throw new SubjectError(`${text} is the name of ${names.length} keys: name one by its ARN`);
  if (name !== undefined) return findKey(rows, name);
  if (looksLikeKey(text))
    throw new SubjectError(`there is no key ${text}, and never was one with key material`);
  return findStored(rows, text);
}

const looksLikeKey = (text: string): boolean =>
  text.startsWith('arn:') || text.startsWith('alias/') || parseKeyId(text) !== undefined;

async function keyNames(rows: Rows, text: string): Promise<readonly KeyName[]> {
  if (text.startsWith('arn:') && text.includes(':alias/')) {
    const [, , , region = '', account = ''] = text.split(':');
    return aliased(rows, `${account}/${region}/${text.slice(text.indexOf('alias/'))}`);
  }
  if (text.startsWith('arn:')) return [keyNameOf(text)].filter((name) => name !== undefined);
  const id = parseKeyId(text);
  if (id !== undefined) return keysOfId(rows, id);
  if (!text.startsWith('alias/')) return [];
  const found = await Array.fromAsync(scanAll<Stored<AliasRecord>>(rows, 'alias', ''));
  return found
    .filter(({ value }) => value.name === text)
    .flatMap(({ id: row, value }) => keyInRow(row, value.target));
}

async function aliased(rows: Rows, row: string): Promise<readonly KeyName[]> {
  const found = await rows.get<AliasRecord>('alias', row);
  return found === undefined ? [] : keyInRow(found.id, found.value.target);
}

/** Rows are `<account>/<region>/...`; nothing where they are others, or the id is none. */
export function keyInRow(row: string, id: string): readonly KeyName[] {
  const [account = '', region = ''] = row.split('/');
  const name = { account: parseAccountId(account), region: parseRegion(region), id: parseKeyId(id) };
  return name.account && name.region && name.id ? [name as KeyName] : [];
}

/** Living keys first; one that is destroyed is found by its lineage. */
async function keysOfId(rows: Rows, id: KeyId): Promise<readonly KeyName[]> {
  for (const table of ['key', 'lineage'] as const)
    for await (const { id: row } of scanAll<Stored<object>>(rows, table, ''))
      if (row.split('/')[2] === id) return keyInRow(row, id);
  return [];
}

async function findKey(rows: Rows, name: KeyName): Promise<Found> {
  const key = await heldKey(rows, name);
  if (key === undefined)
    throw new SubjectError(
      `there is no key ${name.id} in ${name.region} of account ${name.account}, and never was one with key material`,
    );
  if (key.materials.length === 0)
    throw new SubjectError(
      `${key.fact} never had key material: there is nothing in it that anybody could have`,
    );
  const prefix = `${name.account}/${name.region}/${name.id}/`;
  const aliases = await Array.fromAsync(scanAll<Stored<object>>(rows, 'alias-by-key', prefix), ({ id }) =>
    id.slice(prefix.length),
  );
  const subject = { key: key.fact };
  return { kind: 'key', name: key.fact, account: name.account, aliases, subject, keys: [key], under: [] };
}

async function findRoot(rows: Rows, account: string): Promise<Found> {
  const id = parseAccountId(account);
  const key = id && (await heldS3Root(rows, id));
  if (key === undefined) throw new SubjectError(`account ${account} has stored nothing under SSE-S3`);
  const subject = { key: key.fact };
  return {
    kind: 's3-root',
    name: key.fact,
    account: key.account,
    aliases: [],
    subject,
    keys: [key],
    under: [],
  };
}

async function findStored(rows: Rows, text: string): Promise<Found> {
  const slash = text.indexOf('/');
  const bucket = slash === -1 ? text : text.slice(0, slash);
  const object = slash === -1 ? undefined : text.slice(slash + 1);
  const contents = await contentsOf(rows, bucket, object);
  if (contents === undefined)
    throw new SubjectError(
      object === undefined
        ? `there is no key and no bucket ${text}: name a key by id, ARN or alias/NAME, a bucket by its name, an object by s3://BUCKET/KEY`
        : `there is no object ${object} in a bucket ${bucket}`,
    );
  const { account, under } = contents;
  if (under.length === 0)
    throw new SubjectError(
      `bucket ${bucket} holds no object: there is nothing in it that anybody could read`,
    );
  const name = object === undefined ? bucketName(bucket) : objectName(bucket, object);
  const keys = await Promise.all(
    under.map(({ key }) => (key ? heldKey(rows, key) : heldS3Root(rows, account))),
  );
  return {
    kind: object === undefined ? 'bucket' : 'object',
    name,
    account,
    aliases: [],
    subject: { object: name },
    keys: distinctKeys(keys.filter((key) => key !== undefined)),
    materials: under.map(({ material }) => material),
    under,
  };
}

const distinctKeys = (keys: readonly HeldKey[]): readonly HeldKey[] => [
  ...new Map(keys.map((key) => [key.fact, key])).values(),
];
