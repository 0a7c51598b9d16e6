/** Finds the key that a request names, in any of the four forms of a KeyId. */
import {
  type AliasName,
  aliasArn,
  type KeyId,
  keyArn,
  type Place,
  parseAliasName,
  parseKeyId,
  parseKmsArn,
} from '../core/ids.ts';
import type { Rows } from '../store/rows-contract.ts';
import type { Aliases } from './aliases.ts';
import { invalidArn, notFound } from './errors.ts';
import { type KeyRecord, keyRow, placePrefix } from './key.ts';
import type { StoredKeyStore } from './key-store.ts';
import type { KeyStores } from './key-stores.ts';
import type { MaybePromise, StoredKey } from './kms.ts';

/** `any` = key id, key ARN, alias name, alias ARN. */
export type KeyForms = 'any' | 'id-or-arn';

/** What a KeyId names, before it is known whether that exists. */
export type KeyName = { readonly place: Place; readonly arn: string } & (
  | { readonly kind: 'key'; readonly id: KeyId }
  | { readonly kind: 'alias'; readonly alias: AliasName }
);

export function parseKeyName(text: string, home: Place, forms: KeyForms): KeyName {
  const { account, region } = home;
  if (!text.startsWith('arn:')) return parseResource(text, { account, region }, forms, text);
  const arn = parseKmsArn(text);
  if (arn === undefined) throw invalidArn(`Invalid arn ${text}`);
  // The wording of AWS for an ARN of another Region.
  if (arn.region !== home.region) throw notFound(`Invalid arn ${arn.region}`);
  const resource = arn.resource.startsWith('key/') ? arn.resource.slice(4) : arn.resource;
  if (resource === arn.resource && !resource.startsWith('alias/')) throw invalidArn(`Invalid arn ${text}`);
  return parseResource(resource, { account: arn.account, region: arn.region }, forms, text);
}

function parseResource(resource: string, place: Place, forms: KeyForms, text: string): KeyName {
  const id = parseKeyId(resource);
  if (id !== undefined) return { kind: 'key', place, id, arn: keyArn(place, id) };
  const alias = forms === 'any' ? parseAliasName(resource) : undefined;
  if (alias !== undefined) return { kind: 'alias', place, alias, arn: aliasArn(place, alias) };
  throw notFound(`Invalid keyId '${text}'`);
}

export class Keys {
  readonly #rows: Rows;
  readonly #aliases: Aliases;
  readonly #keyStores: KeyStores;

  constructor(rows: Rows, aliases: Aliases, keyStores: KeyStores) {
    this.#rows = rows;
    this.#aliases = aliases;
    this.#keyStores = keyStores;
  }

  get(place: Place, id: KeyId): MaybePromise<StoredKey | undefined> {
    const row = keyRow(place, id);
    const cached = this.#rows.peek<KeyRecord>(row.table, row.id);
    if (cached !== undefined) return this.#withStore(cached);
    return this.#rows.get<KeyRecord>(row.table, row.id).then((stored) => stored && this.#withStore(stored));
  }

  /** What most keys are in is no custom key store. */
  #withStore(stored: StoredKey): MaybePromise<StoredKey> {
    const { inStore } = stored.value;
    if (inStore === undefined) return stored;
    const joined = (store: StoredKeyStore | undefined): StoredKey =>
      store === undefined ? stored : { ...stored, store: store.value };
    const store = this.#keyStores.get(stored.value, inStore.id);
    return store instanceof Promise ? store.then(joined) : joined(store);
  }

  find(name: KeyName): MaybePromise<StoredKey | undefined> {
    if (name.kind === 'key') return this.get(name.place, name.id);
    const alias = this.#aliases.find(name.place, name.alias);
    if (!(alias instanceof Promise)) return alias && this.get(name.place, alias.value.target);
    return alias.then((found) => found && this.get(name.place, found.value.target));
  }

  /** In byte order of the key id, ids after `after`. */
  list(place: Place, after: string | undefined, limit: number): Promise<readonly StoredKey[]> {
    const prefix = placePrefix(place);
    return this.#rows.scan<KeyRecord>('key', prefix, {
      ...(after === undefined ? {} : { after: prefix + after }),
      limit,
    });
  }
}
