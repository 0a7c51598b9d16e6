/** What this HSM is to the other members: what it tells them of itself, and what becomes of what they send. */
import type { KeyObject } from 'node:crypto';
import { selfSigned } from './certificates.ts';
import { JoinInbox } from './join-inbox.ts';
import { decodeValue, kinds } from './objects.ts';
import type { PeerSide, Sender } from './peers.ts';
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
  const inbox = new JoinInbox();
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
    madeSince: (sequence) => unlocked().vault.madeSince(sequence),
    receive(changes, from) {
      if (hooks.isJoining()) {
        inbox.add(from, changes);
        return Promise.resolve();
      }
      const hsm = unlocked();
      const before = hsm.vault.unerased;
      try {
        for (const change of changes) hsm.vault.receive(change);
      } finally {
        hooks.received();
      }
      // Whoever deleted a key is not to believe that it is erased here.
      if (hsm.vault.unerased > before) throw new HsmError('full', 'there is no room to erase a key');
      return hsm.parts.settled();
    },
    caughtUp(held, from) {
      if (hooks.isJoining()) {
        const changes = inbox.of(from);
        inbox.drop(from);
        requireMember(changes, from);
        hooks.join(changes);
      }
      const hsm = unlocked();
      hsm.vault.know(held);
      hooks.caughtUp();
      return hsm.parts.settled();
    },
    gone: (from) => inbox.drop(from),
    wasPutBack: () => hooks.wasPutBack(),
    lost: (hsmId) => hooks.lost(hsmId),
  };
}

/** Who hands over a cluster is one of its members, and proved it. Throws `refused`. */
function requireMember(changes: readonly Change[], { hsmId, identity }: Sender): void {
  const member = changes.findLast(({ kind, id }) => kind === kinds.member.number && id === hsmId);
  const known = member !== undefined && !member.removed;
  if (known && identity.equals(decodeValue('member', member.content).identity)) return;
  throw new HsmError('refused', 'what came is of a cluster that the sender is no member of');
}
