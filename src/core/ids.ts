/**
 * Identifiers, branded so that only the parse functions here make them.
 * Forms: AWS KMS API reference, "KeyId" (key id, key ARN, alias name, alias ARN).
 */
import { randomUUID } from 'node:crypto';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Twelve decimal digits. */
export type AccountId = Branded<'AccountId'>;
/** Such as `eu-central-1`. */
export type Region = Branded<'Region'>;
/** A UUID, or `mrk-` and 32 hexadecimal digits. */
export type KeyId = Branded<'KeyId'>;
/** Begins `alias/`. */
export type AliasName = Branded<'AliasName'>;
/** 64 hexadecimal digits. */
export type MaterialId = Branded<'MaterialId'>;

export const PARTITION = 'aws';

const ACCOUNT = /^[0-9]{12}$/;
/** At most 32 characters (KMS API reference, "RegionType"). */
const REGION = /^(?=.{1,32}$)(?:[a-z]+-){2,3}[0-9]{1,2}$/;
const KEY_ID = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;
const ALIAS = /^alias\/[a-zA-Z0-9/_-]{1,250}$/;
const MATERIAL = /^[0-9a-f]{64}$/;

const parser =
  <T extends string>(form: RegExp) =>
  (text: string): T | undefined =>
    form.test(text) ? (text as T) : undefined;

export const parseAccountId = parser<AccountId>(ACCOUNT);
export const parseRegion = parser<Region>(REGION);
export const parseKeyId = parser<KeyId>(KEY_ID);
export const parseAliasName = parser<AliasName>(ALIAS);
export const parseMaterialId = parser<MaterialId>(MATERIAL);

/** Narrows a value that an earlier check or this program made; throws on a programming error. */
export function must<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new TypeError(`invalid ${what}`);
  return value;
}

/** A multi-Region key's id is told by its form. */
export function newKeyId(multiRegion = false): KeyId {
  const uuid = randomUUID();
  return must(parseKeyId(multiRegion ? `mrk-${uuid.replaceAll('-', '')}` : uuid), 'key id');
}

export interface Place {
  readonly account: AccountId;
  readonly region: Region;
}

export const keyArn = ({ account, region }: Place, id: KeyId): string =>
  `arn:${PARTITION}:kms:${region}:${account}:key/${id}`;
export const aliasArn = ({ account, region }: Place, name: AliasName): string =>
  `arn:${PARTITION}:kms:${region}:${account}:${name}`;
export const rootArn = (account: AccountId): string => `arn:${PARTITION}:iam::${account}:root`;

export interface KmsArn extends Place {
  readonly resource: string;
}

/** Splits `arn:aws:kms:<region>:<account>:<resource>`; undefined when it is no KMS ARN of this partition. */
export function parseKmsArn(text: string): KmsArn | undefined {
  const [arn, partition, service, region, account, ...rest] = text.split(':');
  if (arn !== 'arn' || partition !== PARTITION || service !== 'kms') return undefined;
  const [r, a] = [parseRegion(region ?? ''), parseAccountId(account ?? '')];
  return r && a ? { region: r, account: a, resource: rest.join(':') } : undefined;
}
