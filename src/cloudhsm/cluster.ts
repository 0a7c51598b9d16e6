/**
 * A cluster as Lockholm keeps it: one row of table `hsm-cluster`, `<account>/<region>/<cluster id>`, with its HSMs. It
 * says what there is to be; what the HSMs say of themselves is in host/client.ts.
 */
import type { Place } from '../core/ids.ts';
import type { ClusterMode, Tag } from '../core/shapes/cloudhsmv2.ts';
import type { Beginning } from '../hsm/protocol/host-messages.ts';
import type { Mode } from '../hsm/protocol/values.ts';
import type { RowRef } from '../store/contract.ts';
import type { RowsChange, Stored } from '../store/rows-contract.ts';

/** As stored: DEGRADED is found when it is asked for. */
export type StoredClusterState =
  | 'CREATE_IN_PROGRESS'
  | 'UNINITIALIZED'
  | 'INITIALIZE_IN_PROGRESS'
  | 'INITIALIZED'
  | 'ACTIVE'
  | 'DELETE_IN_PROGRESS'
  | 'DELETED';

export interface HsmRecord {
  readonly id: string;
  readonly zone: string;
  readonly eniId: string;
  /** Of 127.0.0.0/8. */
  readonly address: string;
  readonly state: 'CREATE_IN_PROGRESS' | 'ACTIVE' | 'DELETE_IN_PROGRESS';
  readonly beginning: Beginning;
  /** What it is restored from. */
  readonly backupId?: string;
  /** The backup to be made before it is erased. */
  readonly lastBackup?: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

export interface Initialization {
  /** PEM. */
  readonly clusterCertificate: string;
  readonly trustAnchor: string;
}

export interface ClusterRecord extends Place {
  readonly id: string;
  readonly state: StoredClusterState;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly deleted?: number;
  readonly hsmType: string;
  readonly mode: ClusterMode;
  /** How its HSMs start (docs/hsm.md); once there are some, as they say. */
  readonly start: Mode;
  /** Subnet by availability zone. */
  readonly subnets: Readonly<Record<string, string>>;
  readonly retentionDays: number;
  readonly sourceBackupId?: string;
  /** The cluster whose HSMs made the cluster's key: those restored from its backups share it. */
  readonly family: string;
  /** PEM; from the first HSM on until the cluster is initialized. */
  readonly csr?: string;
  /** Given to InitializeCluster; in force unless the state is INITIALIZE_IN_PROGRESS. */
  readonly initialization?: Initialization;
  readonly tags: readonly Tag[];
  readonly hsms: readonly HsmRecord[];
  /** Hours of HSMs that were removed, each begun hour counted as AWS bills it. */
  readonly meteredHours?: number;
  /** When the next daily backup is due; from activation on. */
  readonly nextBackup?: number;
}
export type StoredCluster = Stored<ClusterRecord>;

export const placePrefix = ({ account, region }: Place): string => `${account}/${region}/`;
export const clusterRow = (place: Place, id: string): RowRef => ({
  table: 'hsm-cluster',
  id: placePrefix(place) + id,
});

export const replaceCluster = (stored: StoredCluster, value: ClusterRecord): RowsChange => ({
  put: [{ ...clusterRow(value, value.id), version: stored.version + 1, value }],
});

export const putCluster = (stored: StoredCluster, change: Partial<ClusterRecord>): RowsChange =>
  replaceCluster(stored, { ...stored.value, ...change });

export const putHsm = (stored: StoredCluster, id: string, change: Partial<HsmRecord>): RowsChange =>
  putCluster(stored, { hsms: changeHsm(stored.value.hsms, id, change) });

export const changeHsm = (
  hsms: readonly HsmRecord[],
  id: string,
  change: Partial<HsmRecord>,
): readonly HsmRecord[] => hsms.map((hsm) => (hsm.id === id ? { ...hsm, ...change } : hsm));

/** Those that are to stay. */
export const membersOf = ({ hsms }: ClusterRecord): readonly HsmRecord[] =>
  hsms.filter(({ state }) => state !== 'DELETE_IN_PROGRESS');

const HOUR_MS = 3_600_000;

/** Hours that an HSM existed up to `now`, each begun hour counted as AWS bills it. */
export const hoursOf = ({ created }: HsmRecord, now: number): number =>
  Math.max(1, Math.ceil((now - created) / HOUR_MS));
