/** Finds custom key stores, of which an account has few in a Region. */
import type { Place } from '../core/ids.ts';
import type { Rows, RowsChange } from '../store/rows-contract.ts';
import { scanAll } from '../store/scan-all.ts';
import { storeNotFound } from './errors.ts';
import { placePrefix } from './key.ts';
import { type KeyStoreRecord, keyStoreRow, type StoredKeyStore } from './key-store.ts';
import type { MaybePromise, StoredKey } from './kms.ts';

export class KeyStores {
  readonly #rows: Rows;
  constructor(rows: Rows) {
    this.#rows = rows;
  }

  get(place: Place, id: string): MaybePromise<StoredKeyStore | undefined> {
    const row = keyStoreRow(place, id);
    return (
      this.#rows.peek<KeyStoreRecord>(row.table, row.id) ?? this.#rows.get<KeyStoreRecord>(row.table, row.id)
    );
  }

  async require(place: Place, id: string): Promise<StoredKeyStore> {
    const found = await this.get(place, id);
    if (found === undefined) throw storeNotFound(`Custom key store ${id} does not exist.`);
    return found;
  }

  /** In byte order of the id. */
  all(place: Place): Promise<readonly StoredKeyStore[]> {
    return Array.fromAsync(scanAll<StoredKeyStore>(this.#rows, 'key-store', placePrefix(place)));
  }

  /** Of every account and Region. */
  everywhere(): AsyncIterable<StoredKeyStore> {
    return scanAll<StoredKeyStore>(this.#rows, 'key-store', '');
  }

  /** Those of the place, and what a commit that depends on which there are MUST have in it. */
  async counted({ account, region }: Place): Promise<{
    readonly stores: readonly StoredKeyStore[];
    readonly change: RowsChange;
  }> {
    const id = `${account}/${region}`;
    // Read before the stores: a commit between the two meets a version that it did not expect.
    const version = (await this.#rows.get('key-store-limit', id))?.version ?? 0;
    const stores = await this.all({ account, region });
    return { stores, change: { put: [{ table: 'key-store-limit', id, version: version + 1, value: {} }] } };
  }

  /** Whether any key is in the store, one that waits for its deletion too. */
  async hasKeys(store: KeyStoreRecord): Promise<boolean> {
    for await (const { value } of scanAll<StoredKey>(this.#rows, 'key', placePrefix(store)))
      if (value.inStore?.id === store.id) return true;
    return false;
  }
}
