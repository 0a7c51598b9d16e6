/** What an HSM tells its host of itself. */
import type { KeyObject } from 'node:crypto';
import { spkiOfKey } from './certificates.ts';
import type { HostReply } from './client/host-link.ts';
import type { Peers } from './peers.ts';
import { type HsmState, hsmStates } from './protocol/values.ts';
import type { Superblock } from './store/superblock.ts';
import type { Unlocked } from './unlocked.ts';

const NO_TAG = Buffer.alloc(16);

export interface Described {
  readonly state: HsmState;
  readonly reason: string;
  readonly mode: number;
  readonly identity: KeyObject;
  readonly hsm: Unlocked | undefined;
  readonly facts: Superblock | undefined;
  readonly peers: Peers | undefined;
}

export function describe({
  hsm,
  facts,
  peers,
  state,
  reason,
  mode,
  identity,
}: Described): HostReply<'describe'> {
  return {
    state: hsmStates.indexOf(state),
    mode,
    reason,
    csr: hsm?.cluster.csr ?? '',
    clusterCertificate: facts?.clusterCertificate ?? '',
    trustAnchor: facts?.trustAnchor ?? '',
    certificate: hsm?.identity.certificate ?? facts?.lockedCertificate ?? '',
    identity: spkiOfKey(identity),
    mark: { records: facts?.log.records ?? 0, tag: facts?.log.tag ?? NO_TAG },
    changes: hsm?.vault.sequence(hsm.parts.place.hsmId) ?? 0,
    members: hsm?.members ?? [],
    online: peers?.live ?? [],
    users: hsm?.vault.count('user') ?? 0,
    keys: hsm?.vault.count('key') ?? 0,
    activated: (hsm?.cluster.unlockKey.length ?? 0) > 0,
  };
}
