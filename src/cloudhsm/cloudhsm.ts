/** What the operations of CloudHSM v2 work with; bound in `server/`. */
import type { Call } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import type { Rows, RowsChange } from '../store/rows-contract.ts';
import type { Backups } from './backups.ts';
import type { Clusters } from './clusters.ts';
import type { ClusterEvents } from './events.ts';
import type { HostClient } from './host/client.ts';
import type { ClusterTimers } from './timers.ts';

export type CloudHsmCall = Call<RowsChange>;

export interface HsmNetwork {
  /** The first two numbers of the addresses that HSMs get: `127.96`. */
  readonly prefix: string;
  readonly port: number;
}

export interface CloudHsm {
  readonly rows: Rows;
  readonly clusters: Clusters;
  readonly backups: Backups;
  readonly host: HostClient;
  readonly events: ClusterEvents;
  readonly timers: ClusterTimers;
  readonly clock: Clock;
  readonly network: HsmNetwork;
  /** Rows of this cluster changed: what follows from them is done soon. */
  follow(cluster: string): void;
}
