/** How a new HSM begins: with the cluster's key, with a backup, or with what the others give it. */
import type { CloudHsm } from '../cloudhsm.ts';
import type { ClusterRecord, HsmRecord } from '../cluster.ts';
import { invalidRequest } from '../errors.ts';

export async function beginningOf(
  cluster: ClusterRecord,
  { backups }: CloudHsm,
): Promise<Pick<HsmRecord, 'beginning' | 'backupId'>> {
  const { id, state, hsms } = cluster;
  if (hsms.length === 0 && state === 'UNINITIALIZED') return { beginning: 'first' };
  if (state !== 'ACTIVE')
    throw invalidRequest(
      `The cluster ${id} is in state ${state}: it has one HSM until it is initialized and activated (lockholm hsm ` +
        'activate).',
    );
  if (hsms.some((hsm) => hsm.state === 'ACTIVE')) return { beginning: 'join' };
  if (hsms.length > 0)
    throw invalidRequest(
      `The cluster ${id} has an HSM that is being made or deleted: wait until that is done.`,
    );
  const newest = await backups.newestReady(cluster, id);
  const backupId = newest?.value.id ?? cluster.sourceBackupId;
  if (backupId === undefined)
    throw invalidRequest(`The cluster ${id} has neither HSMs nor backups: its keys are lost. Delete it.`);
  return { beginning: 'restore', backupId };
}
