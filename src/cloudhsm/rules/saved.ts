/** Whether an HSM may be deleted: a backup can be made of its cluster, or there is one of all that it holds. */
import type { CloudHsm } from '../cloudhsm.ts';
import { serves } from '../cluster/describe.ts';
import type { ClusterRecord, HsmRecord } from '../cluster.ts';
import { invalidRequest } from '../errors.ts';

/** A tag of the cluster that says: this HSM may go although nothing else holds what it does. */
export const DISCARD_TAG = 'discard-hsm';

/** Throws CloudHsmInvalidRequestException where the HSM holds what nothing else does. */
export function requireSaved(
  cluster: ClusterRecord,
  hsm: HsmRecord,
  { host }: CloudHsm,
): 'by-a-new-backup' | 'already' {
  // A cluster that was never active has no keys but its own, and an HSM that never was has none.
  if (cluster.state !== 'ACTIVE' || hsm.state !== 'ACTIVE') return 'already';
  if (cluster.hsms.some((each) => serves(each, host))) return 'by-a-new-backup';
  const state = host.state(hsm.id);
  const status = host.status(hsm.id);
  const nothingNew = status !== undefined && status.saved > 0 && status.saved >= status.changes;
  const discarded = cluster.tags.some(({ Key, Value }) => Key === DISCARD_TAG && Value === hsm.id);
  if (state === 'zeroized' || nothingNew || discarded) return 'already';
  throw invalidRequest(
    `The HSM ${hsm.id} is ${state ?? 'not running'}, so no backup can be made of what only it holds: unlock it ` +
      `first. If that shall be lost, tag the cluster ${DISCARD_TAG}=${hsm.id} and delete the HSM again.`,
  );
}
