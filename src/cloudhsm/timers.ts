/** The durable work that changes of clusters go with; bound in `server/` to the store's jobs. */
import type { Place } from '../core/ids.ts';
import type { RowsChange } from '../store/rows-contract.ts';

export interface ClusterTimer extends Place {
  readonly clusterId: string;
}
export interface HsmTimer extends ClusterTimer {
  readonly hsmId: string;
}
export interface BackupTimer extends Place {
  readonly backupId: string;
}

export interface ClusterTimers {
  createCluster(of: ClusterTimer, due: number): RowsChange;
  initializeCluster(of: ClusterTimer, due: number): RowsChange;
  deleteCluster(of: ClusterTimer, due: number): RowsChange;
  deleteHsm(of: HsmTimer, due: number): RowsChange;
  takeBackup(of: BackupTimer, due: number): RowsChange;
  destroyBackup(of: BackupTimer, due: number): RowsChange;
  dailyBackup(of: ClusterTimer, due: number): RowsChange;
  expireBackups(of: ClusterTimer, due: number): RowsChange;
}
