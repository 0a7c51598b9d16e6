import type { ModifyClusterRequest, ModifyClusterResponse } from '../../core/shapes/cloudhsmv2.ts';
import { describeCluster } from '../cluster/describe.ts';
import { putCluster } from '../cluster.ts';
import { invalidRequest, notSupported } from '../errors.ts';
import { onCluster } from '../handler.ts';
import { retentionDays } from '../rules/new-cluster.ts';

/** CloudHSM API reference, "ModifyCluster". HSMs of all types are the same here, so none is changed into another. */
export const modifyCluster = onCluster<ModifyClusterRequest, ModifyClusterResponse>({
  action: 'cloudhsm:ModifyCluster',
  readOnly: false,
  audit: ['BackupRetentionPolicy', 'ClusterId', 'HsmType'],
  async run({ HsmType, BackupRetentionPolicy }, call, cluster, { host }) {
    if (HsmType !== undefined) throw notSupported('HsmType');
    if (BackupRetentionPolicy === undefined) throw invalidRequest('BackupRetentionPolicy is required.');
    if (cluster.value.state === 'DELETE_IN_PROGRESS')
      throw invalidRequest(`The cluster ${cluster.value.id} is being deleted.`);
    const change = { retentionDays: retentionDays(BackupRetentionPolicy) };
    await call.commit(putCluster(cluster, change));
    return { Cluster: describeCluster({ ...cluster.value, ...change }, host) };
  },
});
