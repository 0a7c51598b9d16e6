/** One login as `kmsuser` to one HSM, which has proved before that it is of the store's cluster and unlocked. */
import { HsmConnection } from '../../hsm/client/connection.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import { userRoles } from '../../hsm/protocol/values.ts';
import type { HsmMember } from '../../kms/hsm-clusters.ts';
import { type KeyStoreRecord, KMS_USER } from '../../kms/key-store.ts';

export type Trusted = Pick<KeyStoreRecord, 'clusterId' | 'clusterCertificate' | 'trustAnchor'>;

export interface Login {
  readonly hsmId: string;
  readonly connection: HsmConnection;
  /** Names the span in which the HSM counts uses from 1. */
  readonly session: string;
}

/** Of a call, and of a handshake. An HSM that hangs for longer is left for another. */
const DEADLINE_MS = 4_000;

/** Rejects with HsmError: `unavailable`, `untrusted`; `state` when the HSM is locked. */
export async function dial(
  { address }: HsmMember,
  { clusterId, clusterCertificate, trustAnchor }: Trusted,
  closed?: () => void,
): Promise<HsmConnection> {
  // A locked HSM is told from one that is of another cluster, and is sent nothing.
  const trust = { anchor: trustAnchor, clusterCertificate, clusterId, allowLocked: true };
  const connection = await HsmConnection.connect({
    address,
    trust,
    deadlineMs: DEADLINE_MS,
    ...(closed !== undefined && { closed }),
  });
  if (!connection.peer.locked) return connection;
  connection.close();
  throw new HsmError('state', 'the HSM is locked');
}

/** `alone`: nobody else may be logged in as the user on this HSM. Rejects with HsmError. */
export async function logIn(connection: HsmConnection, password: string, alone: boolean): Promise<Login> {
  const { role, session } = await connection.call('login', { user: KMS_USER, password, alone });
  if (userRoles[role] !== 'crypto-user')
    throw new HsmError('user-not-found', `${KMS_USER} is no crypto user of the cluster`);
  const { hsmId } = connection.peer;
  return { hsmId, connection, session: `${hsmId}/${session}` };
}
