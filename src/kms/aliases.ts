/**
 * Aliases: rows of table `alias`, `<account>/<region>/<alias name>`, and beside each a row of table
 * `alias-by-key`, `<account>/<region>/<key id>/<alias name>`, so that a key's aliases are a scan.
 */
import type { AliasName, KeyId, Place } from '../core/ids.ts';
import type { RowRef } from '../store/contract.ts';
import type { Rows, RowsChange, Stored } from '../store/rows-contract.ts';
import { scanAll } from '../store/scan-all.ts';
import { placePrefix } from './key.ts';
import type { MaybePromise } from './kms.ts';

export interface AliasRecord {
  readonly name: AliasName;
  readonly target: KeyId;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly updated: number;
}
export type StoredAlias = Stored<AliasRecord>;

export const aliasRow = (place: Place, name: string): RowRef => ({
  table: 'alias',
  id: placePrefix(place) + name,
});
export const aliasByKeyRow = (place: Place, key: KeyId, name: string): RowRef => ({
  table: 'alias-by-key',
  id: keyPrefix(place, key) + name,
});
const keyPrefix = (place: Place, key: KeyId): string => `${placePrefix(place)}${key}/`;
type NamedAlias = Pick<AliasRecord, 'name'>;

export class Aliases {
  readonly #rows: Rows;
  constructor(rows: Rows) {
    this.#rows = rows;
  }

  find(place: Place, name: AliasName): MaybePromise<StoredAlias | undefined> {
    const { table, id } = aliasRow(place, name);
    return this.#rows.peek<AliasRecord>(table, id) ?? this.#rows.get<AliasRecord>(table, id);
  }

  /** In byte order of the name, names after `after`. */
  list(place: Place, after: string | undefined, limit: number): Promise<readonly StoredAlias[]> {
    const prefix = placePrefix(place);
    return this.#rows.scan<AliasRecord>('alias', prefix, {
      ...(after === undefined ? {} : { after: prefix + after }),
      limit,
    });
  }

  async listOfKey(
    place: Place,
    key: KeyId,
    after: string | undefined,
    limit: number,
  ): Promise<readonly StoredAlias[]> {
    const aliases: StoredAlias[] = [];
    const prefix = keyPrefix(place, key);
    for (let from = after === undefined ? undefined : prefix + after; ; ) {
      const wanted = limit - aliases.length;
      const page = await this.#rows.scan<NamedAlias>('alias-by-key', prefix, {
        ...(from === undefined ? {} : { after: from }),
        limit: wanted,
      });
      aliases.push(...(await this.#ofKey(place, key, page)));
      // Where some went since the page was read, the next ones take their place.
      if (page.length < wanted || aliases.length === limit) return aliases;
      from = page.at(-1)?.id;
    }
  }

  async allOfKey(place: Place, key: KeyId): Promise<readonly StoredAlias[]> {
    const rows = scanAll<Stored<NamedAlias>>(this.#rows, 'alias-by-key', keyPrefix(place, key));
    return this.#ofKey(place, key, await Array.fromAsync(rows));
  }

  async #ofKey(
    place: Place,
    key: KeyId,
    named: readonly Stored<NamedAlias>[],
  ): Promise<readonly StoredAlias[]> {
    const found = await Promise.all(named.map(({ value }) => this.find(place, value.name)));
    return found.filter((alias) => alias?.value.target === key) as readonly StoredAlias[];
  }
}

export const putNewAlias = (place: Place, value: AliasRecord): RowsChange => ({
  put: [
    { ...aliasRow(place, value.name), version: 1, value },
    { ...aliasByKeyRow(place, value.target, value.name), version: 1, value: { name: value.name } },
  ],
});

/** The row by key is written once and deleted with the alias: its version is always 1. */
export const dropAlias = (place: Place, { value, version }: StoredAlias): RowsChange => ({
  delete: [
    { ...aliasRow(place, value.name), version },
    { ...aliasByKeyRow(place, value.target, value.name), version: 1 },
  ],
});

export function moveAlias(place: Place, alias: StoredAlias, target: KeyId, time: number): RowsChange {
  const { value, version } = alias;
  const moved = { ...value, target, updated: time };
  const put = [{ ...aliasRow(place, value.name), version: version + 1, value: moved }];
  if (target === value.target) return { put };
  return {
    put: [...put, { ...aliasByKeyRow(place, target, value.name), version: 1, value: { name: value.name } }],
    delete: [{ ...aliasByKeyRow(place, value.target, value.name), version: 1 }],
  };
}
