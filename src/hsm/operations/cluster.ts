import { createPublicKey, randomBytes } from 'node:crypto';
import type { ValueOf } from '../objects.ts';
import { identityFingerprint } from '../protocol/chain.ts';
import { HsmError } from '../protocol/errors.ts';
import { modes, tamperAnswers } from '../protocol/values.ts';
import { CODE_SIZE, parseCode, printCode } from '../unlock-code.ts';
import type { Unlocked } from '../unlocked.ts';
import { publicUnlockKey, unlockKeyOf } from '../wraps.ts';
import { at, type Hsm, type Operations } from './operation.ts';

type Names =
  | 'listMembers'
  | 'approveMember'
  | 'replaceUnlockCode'
  | 'confirmUnlockCode'
  | 'setMode'
  | 'setTamperAnswer'
  | 'zeroize'
  | 'readAudit';

export interface ClusterHooks {
  /** Writes the store anew where what opens it has changed. */
  clusterChanged(): void;
  /** Erases this HSM. */
  zeroize(why: string): void;
}

export function clusterOperations({ hsm }: Hsm, hooks: ClusterHooks): Operations<Names> {
  const { vault, audit } = hsm;
  const { hsmId } = hsm.parts.place;

  /** A cut in between leaves the object, and the next start writes the store anew by it. */
  const change = async (changed: Partial<ValueOf<'cluster'>>): Promise<void> => {
    const before = hsm.cluster;
    await hsm.commit(() => {
      vault.put('cluster', 'cluster', { ...before, ...changed });
      try {
        hooks.clusterChanged();
      } catch (error) {
        // Without room for the store nothing has changed.
        vault.put('cluster', 'cluster', before);
        throw error;
      }
    });
  };

  return {
    listMembers: () => ({
      members: [...vault.entries('member')].map(([id, member]) => ({
        hsmId: id,
        identity: member.identity,
        approvedBy: member.approvedBy,
        approved: member.approved,
        online: id === hsmId || hsm.parts.peers.isLive(id),
        position: vault.sequence(id),
      })),
    }),

    async approveMember({ hsmId: joining, identity }, { user }) {
      await approve(hsm, joining, identity, user);
      return {};
    },

    async replaceUnlockCode(_, { user }) {
      hsm.requireAllMembers();
      audit.write('REPLACE_UNLOCK_CODE', { user });
      const { code, unlockKey } = newUnlockCode();
      // Of codes that nobody is known to have, the last one counts.
      const former = hsm.cluster.formerUnlockKey;
      await change({ unlockKey, formerUnlockKey: former.length > 0 ? former : hsm.cluster.unlockKey });
      return { unlockCode: code };
    },

    async confirmUnlockCode({ code }, { user }) {
      hsm.requireAllMembers();
      const raw = parseCode(code);
      const known = publicUnlockKey(unlockKeyOf(raw)).equals(hsm.cluster.unlockKey);
      raw.fill(0);
      if (!known) throw new HsmError('wrong-credential', 'the unlock code is not the new one of the cluster');
      audit.write('CONFIRM_UNLOCK_CODE', { user });
      await change({ formerUnlockKey: Buffer.alloc(0) });
      return {};
    },

    async setMode({ mode }, { user }) {
      hsm.requireAllMembers();
      audit.write('SET_MODE', { user, details: { mode: at(modes, mode, 'mode') } });
      await change({ mode });
      return {};
    },

    async setTamperAnswer({ answer }, { user }) {
      audit.write('SET_TAMPER_ANSWER', { user, details: { answer: at(tamperAnswers, answer, 'answer') } });
      await change({ tamperAnswer: answer });
      return {};
    },

    zeroize({ hsmId: named }, { user }) {
      if (named !== hsmId) throw new HsmError('refused', `this is ${hsmId}`);
      // After the reply: with the keys the connection goes.
      setTimeout(() => hooks.zeroize(`by ${user}`), 50);
      return {};
    },

    readAudit: ({ first, limit }) => ({ lines: audit.read(first, limit) }),
  };
}

/** Recorded and signed; `by` is empty for the host. */
async function approve(hsm: Unlocked, joining: string, identity: Uint8Array, by: string): Promise<void> {
  requireIdentity(identity);
  const fingerprint = identityFingerprint(identity);
  const facts = { user: by, details: { member: joining, identity: fingerprint } };
  const entry = hsm.audit.write('APPROVE_MEMBER', facts);
  const approval = {
    type: 'approval',
    user: by,
    audit: entry,
    member: joining,
    identity: fingerprint,
  } as const;
  const member = {
    identity: Buffer.from(identity),
    approvedBy: by,
    approved: Date.now(),
    receipt: hsm.receipt(approval),
  };
  await hsm.commit(() => hsm.vault.put('member', joining, member));
}

/** In the place of an administrator. Throws `not-allowed`. */
export async function approveByHost(hsm: Unlocked, joining: string, identity: Uint8Array): Promise<void> {
  if (modes[hsm.cluster.mode] !== 'unattended')
    throw new HsmError('not-allowed', 'in attended mode an administrator approves members');
  await approve(hsm, joining, identity, '');
}

export async function removeMember(hsm: Unlocked, gone: string): Promise<void> {
  if (gone === hsm.parts.place.hsmId || !hsm.members.includes(gone))
    throw new HsmError('not-found', 'there is no such other member');
  hsm.audit.write('REMOVE_MEMBER', { details: { member: gone } });
  await hsm.commit(() => hsm.vault.remove('member', gone));
}

export function newUnlockCode(): { readonly code: string; readonly unlockKey: Buffer } {
  const raw = randomBytes(CODE_SIZE);
  const made = { code: printCode(raw), unlockKey: publicUnlockKey(unlockKeyOf(raw)) };
  raw.fill(0);
  return made;
}

function requireIdentity(identity: Uint8Array): void {
  try {
    const key = createPublicKey({ key: Buffer.from(identity), format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return;
  } catch {
    // As for a key of another kind.
  }
  throw new HsmError('refused', "an HSM's identity is a P-256 public key (SPKI, DER)");
}
