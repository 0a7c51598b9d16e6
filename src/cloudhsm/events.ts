/** What Lockholm does of itself to clusters, journalled as CloudTrail's service events. */
import type { Place } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { RowsChange } from '../store/rows-contract.ts';

/** `UpdateCluster`: what HSMs said of themselves was written down. */
export type ClusterEventName =
  | 'CreateCluster'
  | 'UpdateCluster'
  | 'InitializeCluster'
  | 'ActivateCluster'
  | 'DeleteCluster'
  | 'CreateHsm'
  | 'DeleteHsm'
  | 'CreateBackup'
  | 'DeleteBackup';

export interface ClusterEvent extends Place {
  readonly name: ClusterEventName;
  readonly resources: readonly string[];
  readonly additionalEventData: JsonObject;
}

export interface ClusterEvents {
  /** Makes the change and its journal entry durable together, as a call's `commit` does. */
  commit(change: RowsChange, event: ClusterEvent): Promise<void>;
}
