import { X509Certificate } from 'node:crypto';

/** SHA-256 of the certificate (DER), hexadecimal, lower case. */
export const certificateFingerprint = (pem: string): string =>
  new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
