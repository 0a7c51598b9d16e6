/** What an HSM shows in a TLS handshake with a client, by what it has at hand. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { selfSigned } from './certificates.ts';
import type { CertificateUse } from './protocol/chain.ts';
import type { Superblock } from './store/superblock.ts';
import type { Place, Unlocked } from './unlocked.ts';
import { openFromHost } from './wraps.ts';

/** `self`: a certificate that nobody signed. */
export interface TlsFace {
  readonly key: KeyObject;
  /** PEM: the HSM's certificate, then the cluster's. */
  readonly chain: string;
  readonly use: CertificateUse | 'self';
}

export function tlsFace(
  place: Place,
  hsm: Unlocked | undefined,
  facts: Superblock | undefined,
  hostSecret: KeyObject,
  fresh: KeyObject,
): TlsFace {
  if (hsm !== undefined) {
    const { key, certificate } = hsm.identity;
    if (certificate !== '') return { key, chain: certificate + hsm.cluster.certificate, use: 'active' };
    return { key, chain: selfSigned(key, place), use: 'self' };
  }
  const locked = facts === undefined ? undefined : openFromHost(hostSecret, facts.lockedKey);
  if (facts === undefined || locked === undefined)
    return { key: fresh, chain: selfSigned(fresh, place), use: 'self' };
  const key = createPrivateKey({ key: locked, format: 'der', type: 'pkcs8' });
  locked.fill(0);
  return { key, chain: facts.lockedCertificate + facts.clusterCertificate, use: 'locked' };
}
