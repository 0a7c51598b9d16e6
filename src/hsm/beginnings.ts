/** How a store comes to be: in the first HSM of a cluster, in one that joins, and from a backup; and its two great changes. */
import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import {
  checkClusterCertificate,
  hsmCertificate,
  newKey,
  signingRequest,
  spkiOfKey,
} from './certificates.ts';
import type { ValueOf } from './objects.ts';
import { newUnlockCode } from './operations/cluster.ts';
import { HsmError } from './protocol/errors.ts';
import { modes } from './protocol/values.ts';
import type { Facts } from './store/store.ts';
import type { Place, Unlocked } from './unlocked.ts';
import { newUser } from './users.ts';
import type { Change, Vault } from './vault.ts';
import { sealToHost, type Wrap, wrapToHost, wrapToUnlockKey } from './wraps.ts';

type Cluster = ValueOf<'cluster'>;
type Locked = Pick<Facts, 'lockedKey' | 'lockedCertificate'>;

/** What opens a key that belongs to the cluster. Until activation there is nobody but the host to open it. */
export const wrapsFor =
  ({ unlockKey, formerUnlockKey, mode }: Cluster, hostSecret: KeyObject) =>
  (key: KeyObject): readonly Wrap[] => {
    const unlockKeys = [unlockKey, formerUnlockKey].filter(({ length }) => length > 0);
    const wraps = unlockKeys.map((each) => wrapToUnlockKey(each, key));
    const byHost = unlockKey.length === 0 || modes[mode] === 'unattended';
    return byHost ? [...wraps, wrapToHost(hostSecret, key)] : wraps;
  };

/** Equal as long as the same opens the storage key. */
function opensWith({ mode, unlockKey, formerUnlockKey }: Cluster): Buffer {
  const facts = [mode, ...[unlockKey, formerUnlockKey].map((key) => Buffer.from(key).toString('hex'))];
  return createHash('sha256').update(facts.join('/')).digest();
}

const factsFor = (place: Place, cluster: Cluster, locked: Locked): Omit<Facts, 'wraps'> => ({
  ...place,
  ...locked,
  opensWith: opensWith(cluster),
  mode: cluster.mode,
  tamperAnswer: cluster.tamperAnswer,
  zeroized: false,
  clusterCertificate: cluster.certificate,
  trustAnchor: cluster.trustAnchor,
});

/** Writes the store anew where it is opened by something else than the cluster says. */
export function followCluster({ cluster, vault }: Unlocked, place: Place, hostSecret: KeyObject): void {
  const { facts } = vault.store;
  if (facts === undefined) return;
  const wanted = factsFor(place, cluster, facts);
  if (!opensWith(cluster).equals(facts.opensWith)) vault.rewrite(wanted, wrapsFor(cluster, hostSecret));
  else if (facts.tamperAnswer !== cluster.tamperAnswer) vault.store.update(wanted);
}

/** The key that a locked HSM proves itself with, which the host's secret opens. */
function lockedFor(place: Place, cluster: Cluster, hostSecret: KeyObject): Locked {
  const key = newKey();
  return {
    lockedKey: sealToHost(hostSecret, key.export({ type: 'pkcs8', format: 'der' })),
    lockedCertificate: hsmCertificate(key, place, 'locked', cluster.key, cluster.certificate),
  };
}

const identityFor = (place: Place, { key: clusterKey, certificate }: Cluster, key: KeyObject) => ({
  key,
  certificate: hsmCertificate(key, place, 'active', clusterKey, certificate),
});

export function beginFirst(vault: Vault, place: Place, mode: number, hostSecret: KeyObject): void {
  const key = newKey();
  const cluster: Cluster = {
    key,
    csr: signingRequest(key, place.clusterId),
    certificate: '',
    trustAnchor: '',
    unlockKey: Buffer.alloc(0),
    formerUnlockKey: Buffer.alloc(0),
    mode,
    tamperAnswer: 0,
  };
  vault.draft('cluster', 'cluster', cluster);
  vault.draft('identity', 'identity', { key: newKey(), certificate: '' });
  const locked = { lockedKey: Buffer.alloc(0), lockedCertificate: '' };
  vault.rewrite(factsFor(place, cluster, locked), wrapsFor(cluster, hostSecret));
}

/** Throws `refused` for a certificate that is not the cluster's. */
export function initialize(
  hsm: Unlocked,
  certificate: string,
  trustAnchor: string,
  hostSecret: KeyObject,
): void {
  const { place, vault } = hsm.parts;
  checkClusterCertificate(hsm.cluster.key, certificate, trustAnchor);
  hsm.audit.write('INITIALIZE');
  const [before, { key, certificate: none }] = [hsm.cluster, hsm.identity];
  const cluster = { ...before, csr: '', certificate, trustAnchor };
  vault.draft('cluster', 'cluster', cluster);
  vault.draft('identity', 'identity', identityFor(place, cluster, key));
  try {
    const facts = factsFor(place, cluster, lockedFor(place, cluster, hostSecret));
    vault.rewrite(facts, wrapsFor(cluster, hostSecret));
  } catch (error) {
    vault.draft('cluster', 'cluster', before);
    vault.draft('identity', 'identity', { key, certificate: none });
    throw error;
  }
}

/**
 * The first administrator, the unlock code, and all of this HSM's secrets anew: until now the host's secret opened them.
 * The cluster's key stays, whose certificate the customer has signed.
 */
export async function activate(
  hsm: Unlocked,
  user: string,
  password: string,
  hostSecret: KeyObject,
): Promise<string> {
  const { place, vault } = hsm.parts;
  const admin = await newUser('admin', password);
  // Meanwhile the HSM may have been erased or halted, which closes the store.
  vault.store.requireOpen();
  // Another one may have been quicker.
  if (hsm.cluster.unlockKey.length > 0) throw new HsmError('state', 'the cluster is activated');
  const { code, unlockKey } = newUnlockCode();
  hsm.audit.write('ACTIVATE', { user });
  const cluster = { ...hsm.cluster, unlockKey };
  vault.draft('cluster', 'cluster', cluster);
  vault.draft('user', user, admin);
  takeIdentity(vault, place, cluster, newKey());
  admitSelf(hsm, user);
  vault.rewrite(
    factsFor(place, cluster, lockedFor(place, cluster, hostSecret)),
    wrapsFor(cluster, hostSecret),
  );
  return code;
}

/** What the cluster sent to an HSM that was approved. Throws `refused`. */
export function adopt(
  vault: Vault,
  place: Place,
  changes: readonly Change[],
  identity: KeyObject,
  hostSecret: KeyObject,
): void {
  for (const change of changes) vault.draftReceived(change);
  const cluster = vault.get('cluster', 'cluster');
  const approved = vault.get('member', place.hsmId)?.identity;
  const whole =
    cluster !== undefined && new X509Certificate(cluster.certificate).checkPrivateKey(cluster.key);
  if (
    !whole ||
    modes[cluster.mode] === undefined ||
    approved === undefined ||
    !spkiOfKey(identity).equals(approved)
  )
    throw new HsmError('refused', 'what came is no cluster that approved this HSM');
  takeIdentity(vault, place, cluster, identity);
  vault.rewrite(
    factsFor(place, cluster, lockedFor(place, cluster, hostSecret)),
    wrapsFor(cluster, hostSecret),
  );
}

/** The objects of a backup, in a cluster whose only member this HSM is. `unlocked` is called when the vault has them. */
export function adoptBackup(
  vault: Vault,
  place: Place,
  changes: readonly Change[],
  identity: KeyObject,
  hostSecret: KeyObject,
  unlocked: () => Unlocked,
): void {
  for (const change of changes) vault.draftReceived(change);
  const cluster = vault.get('cluster', 'cluster');
  if (cluster === undefined || modes[cluster.mode] === undefined)
    throw new HsmError('refused', 'the backup has no cluster in it');
  takeIdentity(vault, place, cluster, identity);
  admitSelf(unlocked(), 'restore');
  vault.rewrite(
    factsFor(place, cluster, lockedFor(place, cluster, hostSecret)),
    wrapsFor(cluster, hostSecret),
  );
}

/** The audit log is signed with another key from here on. */
export function nameIdentity({ identity, audit }: Unlocked): void {
  audit.write('IDENTITY', { details: { identity: spkiOfKey(identity.key).toString('base64') } });
}

function takeIdentity(vault: Vault, place: Place, cluster: Cluster, key: KeyObject): void {
  vault.draft('identity', 'identity', identityFor(place, cluster, key));
}

function admitSelf(hsm: Unlocked, by: string): void {
  const { place, vault } = hsm.parts;
  vault.draft('member', place.hsmId, {
    identity: spkiOfKey(hsm.identity.key),
    approvedBy: by,
    approved: Date.now(),
    receipt: Buffer.alloc(0),
  });
}
