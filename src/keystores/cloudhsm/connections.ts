/** The pools of the stores that are connected: opened when they are first used after a start, closed at a disconnect. */
import type { Place } from '../../core/ids.ts';
import type { HsmClusters } from '../../kms/hsm-clusters.ts';
import { isConnected, type KeyStoreRecord, keyStoreRow } from '../../kms/key-store.ts';
import type { KeyStores } from '../../kms/key-stores.ts';
import type { Credentials } from './credentials.ts';
import { NotConnected } from './not-connected.ts';
import { StorePool, type Warn } from './pool.ts';

export interface ConnectionParts {
  readonly keyStores: KeyStores;
  readonly clusters: HsmClusters;
  readonly credentials: Credentials;
  readonly warn: Warn;
}

type StoreName = Place & { readonly id: string };
const nameOf = (store: StoreName): string => keyStoreRow(store, store.id).id;

export class Connections {
  readonly #parts: ConnectionParts;
  readonly #pools = new Map<string, StorePool>();
  readonly #opening = new Map<string, Promise<StorePool>>();
  #stopped = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** Throws or rejects with NotConnected. */
  pool(name: StoreName): StorePool | Promise<StorePool> {
    const store = this.#parts.keyStores.get(name, name.id);
    if (store instanceof Promise) return store.then((found) => this.#poolOf(name, found?.value));
    return this.#poolOf(name, store?.value);
  }

  /** Connects all that were connected when the server stopped. Never rejects. */
  async warm(): Promise<void> {
    try {
      for await (const { value } of this.#parts.keyStores.everywhere())
        if (isConnected(value)) await this.#poolOf(value, value);
    } catch (error) {
      if (!this.#stopped) this.#parts.warn('key stores were not connected at the start', { error });
    }
  }

  close(store: StoreName): void {
    this.#pools.get(nameOf(store))?.close();
    this.#pools.delete(nameOf(store));
  }

  stop(): void {
    this.#stopped = true;
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
  }

  #poolOf(name: StoreName, store: KeyStoreRecord | undefined): StorePool | Promise<StorePool> {
    if (store === undefined || !isConnected(store) || this.#stopped) {
      this.close(name);
      throw new NotConnected();
    }
    const open = this.#pools.get(nameOf(store));
    if (open?.attempt === store.attempt) return open;
    this.close(store);
    return this.#open(store);
  }

  #open(store: KeyStoreRecord): Promise<StorePool> {
    const id = `${nameOf(store)}/${store.attempt}`;
    const known = this.#opening.get(id);
    if (known !== undefined) return known;
    const opening = this.#make(store).finally(() => this.#opening.delete(id));
    this.#opening.set(id, opening);
    return opening;
  }

  async #make(store: KeyStoreRecord): Promise<StorePool> {
    const { credentials, clusters, warn } = this.#parts;
    const password = await credentials.password(store, 'current');
    // It was disconnected meanwhile.
    const now = await this.#parts.keyStores.get(store, store.id);
    if (password === undefined || now?.value.attempt !== store.attempt || this.#stopped)
      throw new NotConnected();
    const pool = new StorePool({ store, clusters, password, warn });
    this.#pools.set(nameOf(store), pool);
    return pool;
  }
}
