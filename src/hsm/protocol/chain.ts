/**
 * Who an HSM is: its certificate, issued by the cluster's key, whose certificate the customer's CA signed ("Initialize
 * the cluster", CloudHSM user guide). The cluster's certificate is made by `openssl x509 -req` and is no CA's, so path
 * validation as of RFC 5280 would refuse it; the two links are checked here instead. The subject of an HSM's
 * certificate: CN = HSM, O = cluster, OU = what its key may speak for.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { HsmError } from './errors.ts';

/** O of the subject in every cluster's signing request, which the customer's CA leaves as it is. */
export const CLUSTER_ORGANIZATION = 'Lockholm HSM cluster';

/** `active`: a key that only an unlocked HSM has. `locked`: one that a locked HSM has, to be unlocked with. */
export type CertificateUse = 'active' | 'locked';

export interface HsmCertificate {
  readonly hsmId: string;
  readonly clusterId: string;
  readonly use: CertificateUse;
}

/**
 * Throws `untrusted`. That a certificate is of a cluster at all is all that an anchor says: who knows which one it is
 * compares its fingerprint.
 */
export function checkChain(
  hsm: X509Certificate,
  cluster: X509Certificate,
  anchor: X509Certificate,
  now = Date.now(),
): HsmCertificate {
  require_(anchor.verify(anchor.publicKey), 'the trust anchor does not sign itself');
  require_(isIssuedBy(cluster, anchor), "the cluster's certificate is not of this trust anchor");
  require_(
    isOfCluster(cluster),
    "the certificate that vouches for the HSM is none of a cluster's signing request",
  );
  require_(isIssuedBy(hsm, cluster), "the HSM's certificate is not of this cluster");
  for (const each of [hsm, cluster, anchor]) require_(isValid(each, now), 'a certificate is not valid now');
  const subject = subjectOf(hsm);
  const use = subject.get('OU');
  if (use !== 'active' && use !== 'locked') throw untrusted('the certificate is not that of an HSM');
  return { hsmId: subject.get('CN') ?? '', clusterId: subject.get('O') ?? '', use };
}

/** Other certificates of the customer's CA, such as a web server's, vouch for no HSM. */
export const isOfCluster = (certificate: X509Certificate): boolean =>
  subjectOf(certificate).get('O') === CLUSTER_ORGANIZATION;

/** SHA-256 of the certificate (DER), hexadecimal, lower case. */
export const certificateFingerprint = ({ fingerprint256 }: X509Certificate): string =>
  fingerprint256.replaceAll(':', '').toLowerCase();

export const isIssuedBy = (child: X509Certificate, parent: X509Certificate): boolean =>
  child.issuer === parent.subject && child.verify(parent.publicKey);

export const isValid = (certificate: X509Certificate, now: number): boolean =>
  Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);

/** Ids hold no character that the text form would escape. */
function subjectOf(certificate: X509Certificate): ReadonlyMap<string, string> {
  const lines = certificate.subject.split('\n').map((line) => line.split('=', 2));
  return new Map(lines.map(([type = '', value = '']) => [type, value]));
}

/** What is compared by people and pinned by programs: SHA-256 of the public key (SPKI, DER), hexadecimal. */
export const identityFingerprint = (spki: Uint8Array): string =>
  createHash('sha256').update(spki).digest('hex');

export const spkiOf = (certificate: X509Certificate): Buffer =>
  certificate.publicKey.export({ type: 'spki', format: 'der' });

/** Throws `untrusted`. */
export function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw untrusted('a certificate that cannot be read');
  }
}

function require_(holds: boolean, message: string): void {
  if (!holds) throw untrusted(message);
}

export const untrusted = (message: string): HsmError => new HsmError('untrusted', message);
