import type { DescribeClustersRequest, DescribeClustersResponse } from '../../core/shapes/cloudhsmv2.ts';
import { clusterState, describeCluster } from '../cluster/describe.ts';
import type { ClusterRecord } from '../cluster.ts';
import { onAccount } from '../handler.ts';
import { networkId } from '../ids.ts';
import { filter, pageOf } from '../rules/listing.ts';

const MOST = 25;

/** CloudHSM API reference, "DescribeClusters". Deleted ones are listed where a filter asks for them. */
export const describeClusters = onAccount<DescribeClustersRequest, DescribeClustersResponse>({
  action: 'cloudhsm:DescribeClusters',
  readOnly: true,
  audit: ['Filters', 'MaxResults', 'NextToken'],
  async run(input, call, { clusters, host }) {
    const passes = filter<ClusterRecord>(input.Filters, {
      clusterIds: ({ id }) => id,
      vpcIds: ({ account, region }) => networkId('vpc', `${account}/${region}`),
      states: (cluster) => clusterState(cluster, host).State,
    });
    const deletedToo = input.Filters?.clusterIds !== undefined || input.Filters?.states !== undefined;
    const found = (await clusters.all(call))
      .map(({ value }) => value)
      .filter((cluster) => (deletedToo || cluster.state !== 'DELETED') && passes(cluster));
    const { items, next } = pageOf(found, 'DescribeClusters', input, MOST, ({ id }) => id);
    return { Clusters: items.map((cluster) => describeCluster(cluster, host)), ...next };
  },
});
