import type { InitializeClusterRequest, InitializeClusterResponse } from '../../core/shapes/cloudhsmv2.ts';
import { joinChanges } from '../../kms/change.ts';
import { putCluster } from '../cluster.ts';
import { invalidRequest } from '../errors.ts';
import { onCluster } from '../handler.ts';
import { initializationOf } from '../rules/initialization.ts';

/** CloudHSM API reference, "InitializeCluster". What is wrong with the certificates is said at once. */
export const initializeCluster = onCluster<InitializeClusterRequest, InitializeClusterResponse>({
  action: 'cloudhsm:InitializeCluster',
  readOnly: false,
  audit: ['ClusterId', 'SignedCert', 'TrustAnchor'],
  async run(input, call, cluster, { timers }) {
    const { account, region, id, state, csr } = cluster.value;
    if (state !== 'UNINITIALIZED')
      throw invalidRequest(
        `The cluster ${id} is in state ${state}; only an UNINITIALIZED one is initialized.`,
      );
    if (csr === undefined)
      throw invalidRequest(`The cluster ${id} has no certificate signing request yet: create its first HSM.`);
    const initialization = initializationOf(input, csr, call.time);
    await call.commit(
      joinChanges(
        putCluster(cluster, { state: 'INITIALIZE_IN_PROGRESS', initialization }),
        timers.initializeCluster({ account, region, clusterId: id }, call.time),
      ),
    );
    return {
      State: 'INITIALIZE_IN_PROGRESS',
      StateMessage: 'Cluster is initializing. State will change to INITIALIZED upon completion.',
    };
  },
});
