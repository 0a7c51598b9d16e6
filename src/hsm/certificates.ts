/**
 * The cluster's signing request and the certificates that HSMs show (docs/formats/hsm-protocol.md, "Who an HSM is"):
 * PKCS #10 and X.509 structures by library, signed here with ECDSA P-256 and SHA-256 (RFC 5758, section 3.2).
 */
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { DAY_MS } from '../core/clock.ts';
import { type CertificateUse, CLUSTER_ORGANIZATION, checkChain } from './protocol/chain.ts';
import { HsmError } from './protocol/errors.ts';

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const attributes = { CN: '2.5.4.3', O: '2.5.4.10', OU: '2.5.4.11' } as const;
const SERIAL_SIZE = 16;

export interface Subject {
  readonly clusterId: string;
  readonly hsmId: string;
}

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

export const spkiOfKey = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ type: 'spki', format: 'der' });

/** Over a domain-separated message: nothing else is signed with an HSM's keys but TLS handshakes. */
export const signWith =
  (key: KeyObject) =>
  (message: Buffer): Buffer =>
    sign('sha256', message, key);

/** PEM. */
export function signingRequest(key: KeyObject, clusterId: string): string {
  const certificationRequestInfo = new CertificationRequestInfo({
    subject: nameOf({ CN: clusterId, O: CLUSTER_ORGANIZATION }),
    subjectPKInfo: AsnConvert.parse(spkiOfKey(key), SubjectPublicKeyInfo),
  });
  const request = new CertificationRequest({
    certificationRequestInfo,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 }),
    signature: signed(certificationRequestInfo, key),
  });
  return pem('CERTIFICATE REQUEST', request);
}

/** PEM, for a key that cannot have another one yet. */
export function selfSigned(key: KeyObject, { clusterId, hsmId }: Subject): string {
  const name = nameOf({ CN: hsmId, O: clusterId, OU: 'self-signed' });
  const now = Date.now();
  return issue(key, name, name, key, new Date(now - DAY_MS), new Date(now + 10 * 365 * DAY_MS));
}

/** PEM: for as long as the cluster's certificate is valid. */
export function hsmCertificate(
  key: KeyObject,
  { clusterId, hsmId }: Subject,
  use: CertificateUse,
  clusterKey: KeyObject,
  clusterCertificate: string,
): string {
  const cluster = new X509Certificate(clusterCertificate);
  const { subject } = AsnConvert.parse(cluster.raw, Certificate).tbsCertificate;
  const name = nameOf({ CN: hsmId, O: clusterId, OU: use });
  const [from, to] = [new Date(cluster.validFrom), new Date(cluster.validTo)];
  return issue(key, name, subject, clusterKey, from, to);
}

/** Throws `refused` unless the certificate is of the cluster's key and signed by the anchor. */
export function checkClusterCertificate(key: KeyObject, certificate: string, trustAnchor: string): void {
  const refuse = (message: string): HsmError => new HsmError('refused', message);
  let cluster: X509Certificate;
  let anchor: X509Certificate;
  try {
    cluster = new X509Certificate(certificate);
    anchor = new X509Certificate(trustAnchor);
  } catch {
    throw refuse('a certificate cannot be read as PEM');
  }
  if (!cluster.checkPrivateKey(key))
    throw refuse("the certificate is not one of the cluster's signing request");
  const hsmKey = newKey();
  const subject = { clusterId: 'cluster', hsmId: 'hsm' };
  const example = hsmCertificate(hsmKey, subject, 'active', key, certificate);
  try {
    checkChain(new X509Certificate(example), cluster, anchor);
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

function issue(
  key: KeyObject,
  subject: Name,
  issuer: Name,
  issuerKey: KeyObject,
  notBefore: Date,
  notAfter: Date,
): string {
  const serial = randomBytes(SERIAL_SIZE);
  // Positive, and of a fixed size (RFC 5280, section 4.1.2.2).
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: arrayBuffer(serial),
    signature: signatureAlgorithm,
    issuer,
    validity: new Validity({ notBefore, notAfter }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(spkiOfKey(key), SubjectPublicKeyInfo),
  });
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm,
    signatureValue: signed(tbsCertificate, issuerKey),
  });
  return pem('CERTIFICATE', certificate);
}

const nameOf = (values: Partial<Record<keyof typeof attributes, string>>): Name =>
  new Name(
    Object.entries(values).map(
      ([type, value]) =>
        new RelativeDistinguishedName([
          new AttributeTypeAndValue({
            type: attributes[type as keyof typeof attributes],
            value: new AttributeValue({ utf8String: value }),
          }),
        ]),
    ),
  );

const signed = (structure: object, key: KeyObject): ArrayBuffer =>
  arrayBuffer(sign('sha256', Buffer.from(AsnConvert.serialize(structure)), key));

const arrayBuffer = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

function pem(label: string, structure: object): string {
  const text = Buffer.from(AsnConvert.serialize(structure)).toString('base64');
  return `-----BEGIN ${label}-----\n${text.replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;
}
