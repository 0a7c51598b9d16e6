/** What an HSM said of itself that its cluster's row does not say yet: one step at a time. */
import { modes } from '../../hsm/protocol/values.ts';
import { joinChanges } from '../../kms/change.ts';
import type { RowsChange } from '../../store/rows-contract.ts';
import type { CloudHsm } from '../cloudhsm.ts';
import {
  type ClusterRecord,
  changeHsm,
  type HsmRecord,
  membersOf,
  putCluster,
  type StoredCluster,
} from '../cluster.ts';
import type { ClusterEvent, ClusterEventName } from '../events.ts';
import type { HsmStatus } from '../host/messages.ts';
import { clusterArn } from '../ids.ts';
import { firstDaily, newBackupOf } from './new-backup.ts';

export interface Progress {
  readonly change: RowsChange;
  readonly event: ClusterEvent;
}

/** Undefined when the row says it all. */
export function progressOf(stored: StoredCluster, parts: CloudHsm): Progress | undefined {
  for (const hsm of membersOf(stored.value)) {
    const status = parts.host.status(hsm.id);
    if (status === undefined || !status.running) continue;
    const step = stepOf(stored, hsm, status, parts);
    if (step !== undefined) return step;
  }
  return undefined;
}

function stepOf(
  stored: StoredCluster,
  hsm: HsmRecord,
  status: HsmStatus,
  parts: CloudHsm,
): Progress | undefined {
  const cluster = stored.value;
  const state = parts.host.state(hsm.id);
  const change = (name: ClusterEventName, to: Partial<ClusterRecord>, ...more: readonly RowsChange[]) => ({
    change: joinChanges(putCluster(stored, to), ...more),
    event: eventOf(cluster, name, hsm.id),
  });

  if (cluster.state === 'UNINITIALIZED' && status.csr !== '' && status.csr !== cluster.csr)
    return change('UpdateCluster', { csr: status.csr });
  if (cluster.state === 'INITIALIZED' && status.activated) {
    const now = parts.clock.now();
    const first = newBackupOf(cluster, now, parts);
    const daily = firstDaily(cluster, now, parts);
    const to = { state: 'ACTIVE', nextBackup: daily.due } as const;
    return change('ActivateCluster', to, first, daily.change);
  }
  const start = modes[status.mode];
  if (state === 'active' && start !== undefined && start !== cluster.start)
    return change('UpdateCluster', { start });
  if (hsm.state !== 'CREATE_IN_PROGRESS' || !isMade(hsm, state)) return undefined;
  const hsms = changeHsm(cluster.hsms, hsm.id, { state: 'ACTIVE' });
  const now = parts.clock.now();
  if (hsm.beginning === 'first') return change('CreateHsm', { hsms });
  // Of a restored cluster the first backup of its own begins the daily ones.
  const daily = cluster.nextBackup === undefined ? firstDaily(cluster, now, parts) : undefined;
  return change(
    'CreateHsm',
    { hsms, ...(daily !== undefined && { nextBackup: daily.due }) },
    newBackupOf(cluster, now, parts),
    daily?.change ?? {},
  );
}

const isMade = (hsm: HsmRecord, state: string | undefined): boolean =>
  state === 'active' || (hsm.beginning === 'first' && (state === 'uninitialized' || state === 'initialized'));

export const eventOf = (cluster: ClusterRecord, name: ClusterEventName, hsmId?: string): ClusterEvent => ({
  account: cluster.account,
  region: cluster.region,
  name,
  resources: [clusterArn(cluster, cluster.id)],
  additionalEventData: { clusterId: cluster.id, ...(hsmId !== undefined && { hsmId }) },
});
