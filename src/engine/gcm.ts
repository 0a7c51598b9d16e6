/** AES-256-GCM with 128-bit tags (SP 800-38D), as every format here uses it: ciphertext followed by tag. */
import { type CipherKey, createCipheriv, createDecipheriv } from 'node:crypto';

export const GCM_NONCE_SIZE = 12;
export const GCM_TAG_SIZE = 16;
const ALGORITHM = 'aes-256-gcm';
const options = { authTagLength: GCM_TAG_SIZE };

/** Writes ciphertext and tag into `out` from `at` on. */
export function gcmSeal(
  key: CipherKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  out: Buffer,
  at: number,
): void {
  const cipher = createCipheriv(ALGORITHM, key, nonce, options);
  cipher.setAAD(aad);
  out.set(cipher.update(plaintext), at);
  // GCM has no last block; `final` computes the tag.
  cipher.final();
  out.set(cipher.getAuthTag(), at + plaintext.length);
}

/** Undefined when the tag does not hold: no plaintext of a forged message leaves this function. */
export function gcmOpen(
  key: CipherKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Buffer | undefined {
  const size = sealed.length - GCM_TAG_SIZE;
  if (size < 0) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, options);
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(size));
  const plaintext = decipher.update(sealed.subarray(0, size));
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return undefined;
  }
}
