import type { DeleteHsmRequest, DeleteHsmResponse } from '../../core/shapes/cloudhsmv2.ts';
import { joinChanges } from '../../kms/change.ts';
import { beginBackup } from '../cluster/new-backup.ts';
import { type HsmRecord, putHsm } from '../cluster.ts';
import { invalidRequest, resourceNotFound } from '../errors.ts';
import { onCluster } from '../handler.ts';
import { requireSaved } from '../rules/saved.ts';

/** CloudHSM API reference, "DeleteHsm". One of an active cluster is backed up before it is erased. */
export const deleteHsm = onCluster<DeleteHsmRequest, DeleteHsmResponse>({
  action: 'cloudhsm:DeleteHsm',
  readOnly: false,
  audit: ['ClusterId', 'EniId', 'EniIp', 'HsmId'],
  async run(input, call, cluster, parts) {
    const hsm = namedBy(input, cluster.value.hsms);
    const { account, region, id } = cluster.value;
    if (hsm.state === 'DELETE_IN_PROGRESS') throw invalidRequest(`The HSM ${hsm.id} is being deleted.`);
    if (cluster.value.state === 'INITIALIZE_IN_PROGRESS')
      throw invalidRequest(`The cluster ${id} is being initialized.`);
    const saved = requireSaved(cluster.value, hsm, parts);
    const last = saved === 'by-a-new-backup' ? beginBackup(cluster.value, call.time) : undefined;
    const lastBackup = last && { lastBackup: last.backup.id };
    call.record.responseElements = { hsmId: hsm.id };
    await call.commit(
      joinChanges(
        putHsm(cluster, hsm.id, { state: 'DELETE_IN_PROGRESS', ...lastBackup }),
        last?.change ?? {},
        parts.timers.deleteHsm({ account, region, clusterId: id, hsmId: hsm.id }, call.time),
      ),
    );
    return { HsmId: hsm.id };
  },
});

function namedBy({ HsmId, EniId, EniIp }: DeleteHsmRequest, hsms: readonly HsmRecord[]): HsmRecord {
  const given = [HsmId, EniId, EniIp].filter((each) => each !== undefined);
  if (given.length !== 1) throw invalidRequest('Give one of HsmId, EniId and EniIp.');
  const found = hsms.find(({ id, eniId, address }) => HsmId === id || EniId === eniId || EniIp === address);
  if (found === undefined) throw resourceNotFound(`The cluster has no HSM ${given[0]}.`);
  return found;
}
