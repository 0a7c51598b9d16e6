/** The tenant's own certificate authority, as `openssl req -new -x509` and `openssl x509 -req` make one (docs/hsm.md). */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { CertificationRequest } from '@peculiar/asn1-csr';
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

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const DAY_MS = 86_400_000;
const DAYS = 3652;

export class CustomerCa {
  /** PEM: every client of an HSM has it. */
  readonly certificate: string;
  readonly #key: KeyObject;
  readonly #name = nameOf('Customer CA of the tour');

  constructor() {
    this.#key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const own = createPublicKey(this.#key).export({ type: 'spki', format: 'der' });
    this.certificate = this.#issue(this.#name, AsnConvert.parse(own, SubjectPublicKeyInfo));
  }

  /** The certificate for a signing request, both PEM. */
  sign(request: string): string {
    const der = Buffer.from(request.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    const { subject, subjectPKInfo } = AsnConvert.parse(der, CertificationRequest).certificationRequestInfo;
    return this.#issue(subject, subjectPKInfo);
  }

  #issue(subject: Name, subjectPublicKeyInfo: SubjectPublicKeyInfo): string {
    const serial = randomBytes(16);
    // Positive, and of a fixed size (RFC 5280, section 4.1.2.2).
    serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
    const now = Date.now();
    const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
    const tbsCertificate = new TBSCertificate({
      version: Version.v3,
      serialNumber: arrayBuffer(serial),
      signature: signatureAlgorithm,
      issuer: this.#name,
      validity: new Validity({
        notBefore: new Date(now - DAY_MS),
        notAfter: new Date(now + DAYS * DAY_MS),
      }),
      subject,
      subjectPublicKeyInfo,
    });
    const signed = sign('sha256', Buffer.from(AsnConvert.serialize(tbsCertificate)), this.#key);
    const signatureValue = arrayBuffer(signed);
    const certificate = new Certificate({ tbsCertificate, signatureAlgorithm, signatureValue });
    const text = Buffer.from(AsnConvert.serialize(certificate)).toString('base64');
    return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
  }
}

const nameOf = (commonName: string): Name =>
  new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({
        type: COMMON_NAME,
        value: new AttributeValue({ utf8String: commonName }),
      }),
    ]),
  ]);

const arrayBuffer = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;
