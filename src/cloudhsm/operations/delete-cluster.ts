import type { DeleteClusterRequest, DeleteClusterResponse } from '../../core/shapes/cloudhsmv2.ts';
import { joinChanges } from '../../kms/change.ts';
import { describeCluster } from '../cluster/describe.ts';
import { putCluster } from '../cluster.ts';
import { invalidRequest } from '../errors.ts';
import { onCluster } from '../handler.ts';

const refusedIn = ['CREATE_IN_PROGRESS', 'INITIALIZE_IN_PROGRESS', 'DELETE_IN_PROGRESS'];

/** CloudHSM API reference, "DeleteCluster". Backups stay. */
export const deleteCluster = onCluster<DeleteClusterRequest, DeleteClusterResponse>({
  action: 'cloudhsm:DeleteCluster',
  readOnly: false,
  audit: ['ClusterId'],
  async run(_input, call, cluster, { timers, host }) {
    const { account, region, id, state, hsms } = cluster.value;
    if (hsms.length > 0)
      throw invalidRequest(
        `The cluster ${id} has HSMs (${hsms.map((hsm) => hsm.id).join(', ')}): delete them first.`,
      );
    if (refusedIn.includes(state)) throw invalidRequest(`The cluster ${id} is in state ${state}.`);
    const change = { state: 'DELETE_IN_PROGRESS' } as const;
    await call.commit(
      joinChanges(
        putCluster(cluster, change),
        timers.deleteCluster({ account, region, clusterId: id }, call.time),
      ),
    );
    return { Cluster: describeCluster({ ...cluster.value, ...change }, host) };
  },
});
