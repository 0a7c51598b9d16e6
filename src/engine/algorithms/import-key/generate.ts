/**
 * RSA key pairs for wrapping, made on the thread pool: the synchronous form would hold up the lane for seconds. One
 * at a time, so that those who ask for many do not take the processors from the other lane.
 */
import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

export interface ImportKeyPair {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /** PKCS #8, DER: the caller's to erase. */
  readonly privateKey: Buffer;
}

const generate = promisify(generateKeyPair);
let turn: Promise<unknown> = Promise.resolve();

export function generateImportKey(modulusLength: number): Promise<ImportKeyPair> {
  const made = turn.then(() =>
    generate('rsa', {
      modulusLength,
      publicExponent: 65537,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    }),
  );
  turn = made.catch(() => undefined);
  return made;
}

/** What names an import key: SHA-256 of its public key, 64 hexadecimal digits. */
export const publicKeyHash = (publicKey: Uint8Array): string =>
  createHash('sha256').update(publicKey).digest('hex');
