/**
 * The two certificates of InitializeCluster ("Initialize the cluster", CloudHSM user guide): the customer's CA, which signs
 * itself, and the one that it made of the cluster's signing request.
 */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { CertificationRequest } from '@peculiar/asn1-csr';
import { AsnParser, AsnSerializer } from '@peculiar/asn1-schema';
import type { InitializeClusterRequest } from '../../core/shapes/cloudhsmv2.ts';
import { isIssuedBy, isOfCluster, isValid } from '../../hsm/protocol/chain.ts';
import type { Initialization } from '../cluster.ts';
import { invalidRequest } from '../errors.ts';

/** "SignedCert", "TrustAnchor": at most 5,000 characters, whatever the shape allows. */
const LONGEST = 5000;

/** Throws CloudHsmInvalidRequestException, which says what is wrong. */
export function initializationOf(
  { SignedCert, TrustAnchor }: InitializeClusterRequest,
  csr: string,
  now: number,
): Initialization {
  const anchor = parse(TrustAnchor, 'TrustAnchor');
  const signed = parse(SignedCert, 'SignedCert');
  require_(isIssuedBy(anchor, anchor), 'TrustAnchor does not sign itself');
  require_(
    signed.publicKey.equals(requestedKey(csr)),
    "SignedCert is not of this cluster's certificate signing request: its public key is another one",
  );
  require_(isIssuedBy(signed, anchor), 'SignedCert is not signed by TrustAnchor');
  require_(isOfCluster(signed), 'SignedCert has another subject than the certificate signing request');
  require_(isValid(anchor, now), 'TrustAnchor is not valid now');
  require_(isValid(signed, now), 'SignedCert is not valid now');
  return { clusterCertificate: signed.toString(), trustAnchor: anchor.toString() };
}

function parse(pem: string, what: string): X509Certificate {
  require_(pem.length <= LONGEST, `${what} has more than ${LONGEST} characters`);
  require_(pem.split('-----BEGIN CERTIFICATE-----').length === 2, `${what} is not one certificate in PEM`);
  try {
    return new X509Certificate(pem);
  } catch {
    throw invalidRequest(`${what} cannot be read as an X.509 certificate.`);
  }
}

function requestedKey(csr: string): KeyObject {
  const der = Buffer.from(csr.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const { certificationRequestInfo } = AsnParser.parse(der, CertificationRequest);
  const spki = Buffer.from(AsnSerializer.serialize(certificationRequestInfo.subjectPKInfo));
  return createPublicKey({ key: spki, format: 'der', type: 'spki' });
}

function require_(holds: boolean, message: string): void {
  if (!holds) throw invalidRequest(`${message}.`);
}
