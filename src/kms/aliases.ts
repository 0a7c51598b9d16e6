/**
 * Aliases: rows of table `alias`, `<account>/<region>/<alias name>`, and beside each a row of table
 * `alias-by-key`, `<account>/<region>/<key id>/<alias name>`, so that a key's aliases are a scan.
 */
import type { AliasName, KeyId, Place } from '../core/ids.ts';
import type { RowRef } from '../store/contract.ts';
import type { Rows, RowsChange, Stored } from '../store/rows-contract.ts';
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
  id: `${placePrefix(place)}${key}/${name}`,
});

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
    const prefix = `${placePrefix(place)}${key}/`;
    const found = await this.#rows.scan<{ name: AliasName }>('alias-by-key', prefix, {
      ...(after === undefined ? {} : { after: prefix + after }),
      limit,
    });
    const aliases = await Promise.all(found.map(({ value }) => this.find(place, value.name)));
    return aliases.filter((alias) => alias !== undefined);
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
