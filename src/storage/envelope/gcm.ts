/** AES-256-GCM with 128-bit tags (SP 800-38D), ciphertext followed by tag. */
import { createCipheriv, createDecipheriv } from 'node:crypto';

export const NONCE_SIZE = 12;
export const TAG_SIZE = 16;
const ALGORITHM = 'aes-256-gcm';
const options = { authTagLength: TAG_SIZE };

/** For keys that seal one message. */
export const FIXED_NONCE = Buffer.alloc(NONCE_SIZE);

/** The pieces of the plaintext, sealed as one; the last piece of the answer is the tag. */
export function sealPieces(key: Uint8Array, nonce: Uint8Array, pieces: readonly Uint8Array[]): Buffer[] {
  const cipher = createCipheriv(ALGORITHM, key, nonce, options);
  const out = pieces.map((piece) => cipher.update(piece));
  // GCM has no last block; `final` computes the tag.
  cipher.final();
  out.push(cipher.getAuthTag());
  return out;
}

export function seal(key: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv(ALGORITHM, key, FIXED_NONCE, options);
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined when the tag does not hold: no plaintext of an altered message leaves this function. */
export function open(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array | undefined,
  sealed: Uint8Array,
): Buffer | undefined {
  const size = sealed.length - TAG_SIZE;
  if (size < 0) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, options);
  if (aad !== undefined) decipher.setAAD(aad);
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
