/** What connecting, disconnecting and using custom key stores on HSM clusters work with; bound in `server/`. */
import type { Clock } from '../../core/clock.ts';
import type { ServiceEvents } from '../../kms/events.ts';
import type { HsmClusters } from '../../kms/hsm-clusters.ts';
import type { KeyStores } from '../../kms/key-stores.ts';
import type { Timers } from '../../kms/timers.ts';
import type { Rows } from '../../store/rows-contract.ts';
import type { Connections } from './connections.ts';
import type { Credentials } from './credentials.ts';
import type { Warn } from './pool.ts';

export interface StoreParts {
  readonly rows: Rows;
  readonly keyStores: KeyStores;
  readonly clusters: HsmClusters;
  readonly credentials: Credentials;
  readonly connections: Connections;
  readonly events: ServiceEvents;
  readonly timers: Pick<Timers, 'connectAt' | 'disconnectAt' | 'dropOrphanAt'>;
  readonly clock: Clock;
  readonly warn: Warn;
  /** Makes what was deleted unrecoverable from the store. */
  erase(): Promise<void>;
}
