/** A cluster and its HSMs as the API shows them: what is stored, and what the HSMs say of themselves. */
import type { Certificates, Cluster, Hsm, HsmState } from '../../core/shapes/cloudhsmv2.ts';
import { type ClusterRecord, type HsmRecord, membersOf } from '../cluster.ts';
import type { HostClient } from '../host/client.ts';
import { networkId } from '../ids.ts';
import { MODE_TAG } from '../tags.ts';
import { hsmProblem } from './hsm-problem.ts';

export function describeCluster(cluster: ClusterRecord, host: HostClient): Cluster {
  const { account, region, id } = cluster;
  const initialized = cluster.initialization !== undefined && cluster.state !== 'INITIALIZE_IN_PROGRESS';
  return {
    BackupPolicy: 'DEFAULT',
    BackupRetentionPolicy: { Type: 'DAYS', Value: String(cluster.retentionDays) },
    ClusterId: id,
    CreateTimestamp: cluster.created,
    Hsms: cluster.hsms.map((hsm) => describeHsm(cluster, hsm, host)),
    HsmType: cluster.hsmType,
    SecurityGroup: networkId('sg', id),
    ...clusterState(cluster, host),
    ...(cluster.sourceBackupId !== undefined && { SourceBackupId: cluster.sourceBackupId }),
    SubnetMapping: cluster.subnets,
    VpcId: networkId('vpc', `${account}/${region}`),
    NetworkType: 'IPV4',
    Certificates: certificatesOf(cluster, initialized, host),
    TagList: tagsOf(cluster),
    Mode: cluster.mode,
  };
}

export function describeHsm(cluster: ClusterRecord, hsm: HsmRecord, host: HostClient): Hsm {
  return {
    HsmId: hsm.id,
    ClusterId: cluster.id,
    AvailabilityZone: hsm.zone,
    SubnetId: cluster.subnets[hsm.zone],
    EniId: hsm.eniId,
    EniIp: hsm.address,
    HsmType: cluster.hsmType,
    ...hsmState(hsm, host),
  };
}

/** The mode's tag says what is so now: an administrator may have changed it since. */
export const tagsOf = ({ tags, start }: ClusterRecord) =>
  tags.map((tag) => (tag.Key === MODE_TAG ? { ...tag, Value: start } : tag));

function hsmState(hsm: HsmRecord, host: HostClient): { State: HsmState; StateMessage?: string } {
  if (hsm.state === 'DELETE_IN_PROGRESS') return { State: hsm.state };
  const problem = hsmProblem(hsm, host);
  const State = hsm.state === 'ACTIVE' && problem !== undefined ? 'DEGRADED' : hsm.state;
  return { State, ...(problem !== undefined && { StateMessage: problem }) };
}

/** Whether the HSM serves now. */
export const serves = (hsm: HsmRecord, host: HostClient): boolean =>
  hsm.state === 'ACTIVE' && host.state(hsm.id) === 'active';

export function clusterState(
  cluster: ClusterRecord,
  host: HostClient,
): { readonly State: NonNullable<Cluster['State']>; readonly StateMessage?: string } {
  const members = membersOf(cluster);
  if (cluster.state !== 'ACTIVE' || members.length === 0 || members.some((hsm) => serves(hsm, host)))
    return { State: cluster.state };
  const problem = members.map((hsm) => hsmProblem(hsm, host)).find((each) => each !== undefined);
  // An HSM that is made for a cluster without any is no loss.
  if (members.every(({ state }) => state === 'CREATE_IN_PROGRESS')) return { State: cluster.state };
  return { State: 'DEGRADED', StateMessage: `No HSM serves. ${problem ?? ''}`.trim() };
}

/** The two hardware certificates of AWS have nothing to vouch for here, and are left out. */
function certificatesOf(cluster: ClusterRecord, initialized: boolean, host: HostClient): Certificates {
  const issued = cluster.hsms.map(({ id }) => host.status(id)?.certificate ?? '').find((pem) => pem !== '');
  return {
    ...(!initialized && cluster.csr !== undefined && { ClusterCsr: cluster.csr }),
    ...(initialized && { ClusterCertificate: cluster.initialization?.clusterCertificate }),
    ...(issued !== undefined && { HsmCertificate: issued }),
  };
}
