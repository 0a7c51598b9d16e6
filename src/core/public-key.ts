/** Public keys in files. The one place outside engine/ and hsm/ that exports keys, and only these. */
import { createPublicKey } from 'node:crypto';

/**
 * SubjectPublicKeyInfo in DER (RFC 5280, section 4.1) of the public key or certificate in a PEM text. Throws what
 * OpenSSL says of a text that holds none, and of a private key, from which Node would derive the public one.
 */
export function spkiOfPem(pem: Buffer): Buffer {
  if (pem.includes('PRIVATE KEY-----')) throw new Error('it is a private key');
  return createPublicKey({ key: pem, format: 'pem' }).export({ type: 'spki', format: 'der' });
}

/** The other way round. Throws when it is no SubjectPublicKeyInfo. */
export const pemOfSpki = (spki: Uint8Array): string =>
  createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    .export({ type: 'spki', format: 'pem' })
    .toString();
