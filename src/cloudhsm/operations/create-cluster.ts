import type { CreateClusterRequest, CreateClusterResponse } from '../../core/shapes/cloudhsmv2.ts';
import { joinChanges } from '../../kms/change.ts';
import type { CloudHsm, CloudHsmCall } from '../cloudhsm.ts';
import { describeCluster } from '../cluster/describe.ts';
import { type ClusterRecord, clusterRow } from '../cluster.ts';
import { invalidRequest } from '../errors.ts';
import { onAccount } from '../handler.ts';
import { clusterArn, newId } from '../ids.ts';
import {
  MAX_CLUSTERS,
  modeOf,
  requireHsmType,
  requireNetworkType,
  retentionDays,
  zonesOf,
} from '../rules/new-cluster.ts';
import { sourceBackup } from '../rules/source-backup.ts';
import { chosenMode, requireValidTags } from '../tags.ts';

/** CloudHSM API reference, "CreateCluster". One made of a backup is ACTIVE at once, and needs no initialization. */
export const createCluster = onAccount<CreateClusterRequest, CreateClusterResponse>({
  action: 'cloudhsm:CreateCluster',
  readOnly: false,
  audit: [
    'BackupRetentionPolicy',
    'HsmType',
    'Mode',
    'NetworkType',
    'SourceBackupId',
    'SubnetIds',
    'TagList',
  ],
  async run(input, call, parts) {
    const cluster = await newCluster(input, call, parts);
    const counted = await parts.clusters.counted(call);
    if (counted.clusters >= MAX_CLUSTERS)
      throw invalidRequest(`There are ${MAX_CLUSTERS} clusters in this account and Region, the limit.`);
    const { account, region, id, created } = cluster;
    call.record.resources.push(clusterArn(call, id));
    call.record.responseElements = { clusterId: id };
    await call.commit(
      joinChanges(
        { put: [{ ...clusterRow(call, id), version: 1, value: cluster }] },
        counted.change,
        parts.timers.createCluster({ account, region, clusterId: id }, created),
      ),
    );
    return { Cluster: describeCluster(cluster, parts.host) };
  },
});

async function newCluster(
  input: CreateClusterRequest,
  call: CloudHsmCall,
  parts: CloudHsm,
): Promise<ClusterRecord> {
  const { HsmType, SourceBackupId, TagList = [] } = input;
  requireHsmType(HsmType);
  requireNetworkType(input.NetworkType);
  requireValidTags(TagList);
  const start = chosenMode(TagList);
  const source = SourceBackupId === undefined ? undefined : await sourceBackup(SourceBackupId, call, parts);
  if (source !== undefined && start !== undefined && start !== source.start)
    throw invalidRequest(
      `The HSMs of the backup are ${source.start}, and so are those restored from it. Their administrator can ` +
        'change that afterwards: lockholm hsm mode.',
    );
  const id = newId('cluster');
  return {
    account: call.account,
    region: call.region,
    id,
    state: 'CREATE_IN_PROGRESS',
    created: call.time,
    hsmType: HsmType,
    mode: modeOf(input, source?.mode),
    start: start ?? source?.start ?? 'attended',
    subnets: zonesOf(call, input.SubnetIds),
    retentionDays: retentionDays(input.BackupRetentionPolicy),
    family: source?.family ?? id,
    ...(source !== undefined && { sourceBackupId: source.id, initialization: source.initialization }),
    tags: TagList,
    hsms: [],
  };
}
