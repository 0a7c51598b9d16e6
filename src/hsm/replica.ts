/** What this HSM is to the other members: what it tells them of itself, and what becomes of what they send. */
import type { KeyObject } from 'node:crypto';
import { selfSigned } from './certificates.ts';
import type { PeerSide } from './peers.ts';
import { HsmError } from './protocol/errors.ts';
import type { Place, Unlocked } from './unlocked.ts';
import type { Change } from './vault.ts';

export interface ReplicaHooks {
  readonly place: Place;
  readonly isJoining: () => boolean;
  readonly identity: () => KeyObject;
  readonly hsm: () => Unlocked | undefined;
  /** Takes in a whole cluster. Throws `refused`. */
  join(changes: readonly Change[]): void;
  /** Changes of the cluster object may be among those that came. */
  received(): void;
  /** A member has sent all that was lacking. */
  caughtUp(): void;
  wasPutBack(): void;
  lost(hsmId: string): void;
}

export function peerSide(hooks: ReplicaHooks): PeerSide {
  let forJoin: Change[] = [];
  const unlocked = (): Unlocked => {
    const hsm = hooks.hsm();
    if (hsm === undefined) throw new HsmError('state', 'the HSM has no keys');
    return hsm;
  };
  return {
    ...hooks.place,
    identity() {
      const key = hooks.identity();
      return { key, certificate: hooks.hsm()?.identity.certificate || selfSigned(key, hooks.place) };
    },
    approved: (hsmId) => hooks.hsm()?.vault.get('member', hsmId)?.identity,
    joining: () => hooks.isJoining(),
    held: () => hooks.hsm()?.vault.sequences ?? [],
    lacking: (held) => unlocked().vault.lacking(held),
    async receive(changes) {
      if (hooks.isJoining()) {
        forJoin.push(...changes);
        return;
      }
      const hsm = unlocked();
      for (const change of changes) hsm.vault.receive(change);
      hooks.received();
      await hsm.parts.settled();
    },
    async caughtUp() {
      if (hooks.isJoining()) {
        const changes = forJoin;
        forJoin = [];
        hooks.join(changes);
      } else {
        hooks.caughtUp();
      }
      await unlocked().parts.settled();
    },
    wasPutBack: () => hooks.wasPutBack(),
    lost: (hsmId) => hooks.lost(hsmId),
  };
}
