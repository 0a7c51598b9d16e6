/** What the operations of KMS work with; bound in `server/`. */
import type { Call } from '../core/call.ts';
import type { Rows, RowsChange, Stored } from '../store/rows-contract.ts';
import type { Aliases } from './aliases.ts';
import type { ImportBackend, KeyBackend, KeyMaker, StoreBackend } from './backend.ts';
import type { ServiceEvents } from './events.ts';
import type { HsmClusters } from './hsm-clusters.ts';
import type { ImportKeys } from './import-keys.ts';
import type { KeyRecord } from './key.ts';
import type { KeyQuota } from './key-quota.ts';
import type { KeyStoreRecord } from './key-store.ts';
import type { KeyStores } from './key-stores.ts';
import type { Keys } from './keys.ts';
import type { LastUsageReader } from './last-usage.ts';
import type { Materials } from './materials.ts';
import type { Timers } from './timers.ts';

export type KmsCall = Call<RowsChange>;
/** `store`: the custom key store that the key is in, as it is now. */
export type StoredKey = Stored<KeyRecord> & { readonly store?: KeyStoreRecord };
export type MaybePromise<T> = T | Promise<T>;

export interface Kms {
  readonly rows: Rows;
  readonly keys: Keys;
  readonly keyQuota: KeyQuota;
  readonly aliases: Aliases;
  readonly materials: Materials;
  /** By the origin of each material. */
  readonly backend: KeyBackend;
  readonly maker: KeyMaker;
  readonly keyStores: KeyStores;
  readonly storeBackend: StoreBackend;
  readonly clusters: HsmClusters;
  readonly imports: ImportBackend;
  readonly importKeys: ImportKeys;
  readonly lastUsage: LastUsageReader;
  readonly events: ServiceEvents;
  readonly timers: Timers;
  /** What was scheduled for now is begun soon. */
  wake(): void;
  /** `length` 1 to 1024 random bytes from the engine. */
  random(length: number): Promise<Uint8Array>;
  /** Makes what was deleted unrecoverable from the store. */
  erase(): Promise<void>;
}
