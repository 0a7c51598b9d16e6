/**
 * A backup of a cluster: one row of table `hsm-backup`, `<account>/<region>/<backup id>`. What it holds is ciphertext
 * that the host keeps in a file (docs/formats/hsm-store.md, "Backup").
 */
import type { Place } from '../core/ids.ts';
import type { BackupState, ClusterMode, Tag } from '../core/shapes/cloudhsmv2.ts';
import type { Mode } from '../hsm/protocol/values.ts';
import type { RowRef } from '../store/contract.ts';
import type { RowsChange, Stored } from '../store/rows-contract.ts';
import { type ClusterRecord, type Initialization, placePrefix } from './cluster.ts';

export interface BackupContent {
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly keys: number;
  /** The server's seal opens it, as the HSM was unattended then; absent in what was made before this was recorded. */
  readonly hostOpens?: boolean;
}

export interface BackupRecord extends Place {
  readonly id: string;
  readonly clusterId: string;
  readonly state: BackupState;
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** When it is to be destroyed, or was. */
  readonly deletion?: number;
  readonly neverExpires: boolean;
  readonly hsmType: string;
  readonly mode: ClusterMode;
  readonly start: Mode;
  readonly family: string;
  readonly initialization: Initialization;
  readonly tags: readonly Tag[];
  /** Once it is READY. */
  readonly content?: BackupContent;
}
export type StoredBackup = Stored<BackupRecord>;

export const backupRow = (place: Place, id: string): RowRef => ({
  table: 'hsm-backup',
  id: placePrefix(place) + id,
});

export const replaceBackup = (stored: StoredBackup, value: BackupRecord): RowsChange => ({
  put: [{ ...backupRow(value, value.id), version: stored.version + 1, value }],
});

export const putBackup = (stored: StoredBackup, change: Partial<BackupRecord>): RowsChange =>
  replaceBackup(stored, { ...stored.value, ...change });

export function newBackup(cluster: ClusterRecord, id: string, created: number): BackupRecord {
  const { account, region, hsmType, mode, start, family, initialization } = cluster;
  if (initialization === undefined) throw new TypeError(`cluster ${cluster.id} has nothing to back up`);
  return {
    account,
    region,
    id,
    clusterId: cluster.id,
    state: 'CREATE_IN_PROGRESS',
    created,
    neverExpires: false,
    hsmType,
    mode,
    start,
    family,
    initialization,
    tags: [],
  };
}
