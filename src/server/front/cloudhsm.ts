/** Binds CloudHSM to rows, journal, jobs and the host of the HSMs. */
import { Backups } from '../../cloudhsm/backups.ts';
import type { CloudHsm } from '../../cloudhsm/cloudhsm.ts';
import { Follower, type Warn } from '../../cloudhsm/cluster/follow.ts';
import {
  finishCreation,
  finishDeletion,
  finishInitialization,
  removeHsm,
} from '../../cloudhsm/cluster/jobs.ts';
import { backUpDaily, destroyBackup, expireBackups, makeBackup } from '../../cloudhsm/cluster/take-backup.ts';
import { Clusters } from '../../cloudhsm/clusters.ts';
import { ClusterDirectory } from '../../cloudhsm/directory.ts';
import type { ClusterEventName } from '../../cloudhsm/events.ts';
import type { HostClient } from '../../cloudhsm/host/client.ts';
import type { BackupTimer, ClusterTimer, ClusterTimers, HsmTimer } from '../../cloudhsm/timers.ts';
import type { Place } from '../../core/ids.ts';
import { type JobHandler, type JobRequest, schedule } from '../../store/jobs.ts';
import type { Rows, RowsChange } from '../../store/rows-contract.ts';
import type { Settings } from '../settings.ts';
import { placeOf } from './job-place.ts';
import { type ServiceEventParts, serviceEvents } from './service-events.ts';

export interface CloudHsmParts extends ServiceEventParts {
  readonly rows: Rows;
  readonly host: HostClient;
  readonly settings: Pick<Settings, 'hsmNetwork' | 'hsmPort'>;
  readonly warn: Warn;
}

const SOURCE = 'cloudhsm.amazonaws.com';

const CREATE_CLUSTER = 'hsm-create-cluster';
const INITIALIZE_CLUSTER = 'hsm-initialize-cluster';
const DELETE_CLUSTER = 'hsm-delete-cluster';
const DELETE_HSM = 'hsm-delete';
const TAKE_BACKUP = 'hsm-take-backup';
const DESTROY_BACKUP = 'hsm-destroy-backup';
const DAILY_BACKUP = 'hsm-daily-backup';
const EXPIRE_BACKUPS = 'hsm-expire-backups';

const ofCluster = (kind: string) => (of: ClusterTimer, due: number) => timer(kind, of.clusterId, of, due);
const ofBackup = (kind: string) => (of: BackupTimer, due: number) => timer(kind, of.backupId, of, due);

const timers: ClusterTimers = {
  createCluster: ofCluster(CREATE_CLUSTER),
  initializeCluster: ofCluster(INITIALIZE_CLUSTER),
  deleteCluster: ofCluster(DELETE_CLUSTER),
  deleteHsm: (of, due) => timer(DELETE_HSM, of.hsmId, of, due),
  takeBackup: ofBackup(TAKE_BACKUP),
  destroyBackup: ofBackup(DESTROY_BACKUP),
  dailyBackup: ofCluster(DAILY_BACKUP),
  expireBackups: ofCluster(EXPIRE_BACKUPS),
};

function timer(kind: string, id: string, { account, region, ...of }: Place, due: number): RowsChange {
  return schedule({ id, kind, due, payload: { account, region, ...of } });
}

export function bindCloudHsm({ rows, host, settings, warn, ...events }: CloudHsmParts) {
  const own = serviceEvents<ClusterEventName>({ ...events, rows, source: SOURCE });
  const cloudHsm: CloudHsm = {
    rows,
    clusters: new Clusters(rows),
    backups: new Backups(rows),
    host,
    events: { commit: (change, event) => own.commit(change, { ...own.begin(), ...event }) },
    timers,
    clock: events.clock,
    network: { prefix: settings.hsmNetwork, port: settings.hsmPort },
    follow: (cluster) => follower.follow(cluster),
  };
  const follower = new Follower(cloudHsm, warn);
  return { cloudHsm, clusters: new ClusterDirectory(cloudHsm), follower };
}

export const cloudHsmJobs = (parts: CloudHsm): Readonly<Record<string, JobHandler>> => ({
  [CREATE_CLUSTER]: { destructive: false, run: (job) => finishCreation(clusterOf(job), parts) },
  [INITIALIZE_CLUSTER]: { destructive: false, run: (job) => finishInitialization(clusterOf(job), parts) },
  // Nothing but what somebody asked for just now.
  [DELETE_CLUSTER]: { destructive: false, run: (job, { now }) => finishDeletion(clusterOf(job), now, parts) },
  [DELETE_HSM]: { destructive: false, run: (job) => removeHsm(hsmOf(job), parts) },
  [TAKE_BACKUP]: { destructive: false, run: (job) => makeBackup(backupOf(job), parts) },
  [DESTROY_BACKUP]: { destructive: true, run: (job, { now }) => destroyBackup(backupOf(job), now, parts) },
  [DAILY_BACKUP]: { destructive: false, run: (job) => backUpDaily(clusterOf(job), job.due, parts) },
  [EXPIRE_BACKUPS]: { destructive: true, run: (job, { now }) => expireBackups(clusterOf(job), now, parts) },
});

const clusterOf = (job: JobRequest): ClusterTimer => ({
  ...placeOf(job),
  clusterId: String(job.payload.clusterId),
});
const hsmOf = (job: JobRequest): HsmTimer => ({ ...clusterOf(job), hsmId: String(job.payload.hsmId) });
const backupOf = (job: JobRequest): BackupTimer => ({
  ...placeOf(job),
  backupId: String(job.payload.backupId),
});
