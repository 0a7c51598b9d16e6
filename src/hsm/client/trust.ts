/** What a client believes about who is at the other end of a connection, and how it finds out. */
import { timingSafeEqual, X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import {
  certificateFingerprint,
  checkChain,
  identityFingerprint,
  parseCertificate,
  spkiOf,
  untrusted,
} from '../protocol/chain.ts';

/**
 * `anchor`: the customer's CA certificate (PEM), and whether the HSM shall be unlocked: only such a one is given passwords
 * and plaintext, while the key that a locked HSM speaks with is also in reach of its host. `clusterCertificate`: the
 * fingerprint of the one that the cluster was initialized with, for the CA may have signed others. `identity`: the
 * fingerprint (SHA-256 of the public key, hexadecimal) of an HSM that has no certificate yet, got from its host.
 */
export type Trust =
  | {
      readonly anchor: string;
      readonly clusterCertificate?: string;
      readonly clusterId?: string;
      readonly allowLocked: boolean;
    }
  | { readonly identity: string };

export interface HsmPeer {
  /** Empty when only the identity is known. */
  readonly hsmId: string;
  readonly clusterId: string;
  readonly locked: boolean;
  /** PEM; what related clusters have in common. Empty when only the identity is known. */
  readonly clusterCertificate: string;
}

/** Throws `untrusted`. */
export function checkPeer(socket: TLSSocket, trust: Trust): HsmPeer {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) throw untrusted('the HSM shows no certificate');
  if ('identity' in trust) return checkIdentity(leaf, trust.identity);
  const cluster = issuerOf(socket);
  const { hsmId, clusterId, use } = checkChain(leaf, cluster, parseCertificate(trust.anchor));
  if (trust.clusterCertificate !== undefined && trust.clusterCertificate !== certificateFingerprint(cluster))
    throw untrusted("the HSM is under another certificate than the cluster's");
  if (trust.clusterId !== undefined && trust.clusterId !== clusterId)
    throw untrusted(`the HSM is of cluster ${clusterId}`);
  if (use === 'locked' && !trust.allowLocked) throw untrusted('the HSM is locked');
  return { hsmId, clusterId, locked: use === 'locked', clusterCertificate: cluster.toString() };
}

function checkIdentity(leaf: X509Certificate, identity: string): HsmPeer {
  const shown = Buffer.from(identityFingerprint(spkiOf(leaf)));
  const expected = Buffer.from(identity.toLowerCase());
  if (shown.length !== expected.length || !timingSafeEqual(shown, expected))
    throw untrusted('the HSM has another identity');
  return { hsmId: '', clusterId: '', locked: true, clusterCertificate: '' };
}

/** The certificate that came with the HSM's own. */
function issuerOf(socket: TLSSocket): X509Certificate {
  const { issuerCertificate } = socket.getPeerCertificate(true);
  if (issuerCertificate?.raw === undefined) throw untrusted('the HSM shows no certificate of its cluster');
  return new X509Certificate(issuerCertificate.raw);
}
