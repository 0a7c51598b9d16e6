/** AES-256-GCM with 128-bit tags (SP 800-38D), ciphertext followed by tag. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { release } from './release.ts';

export const NONCE_SIZE = 12;
export const TAG_SIZE = 16;
const ALGORITHM = 'aes-256-gcm';
const options = { authTagLength: TAG_SIZE };

/** For keys that seal one message. */
export const FIXED_NONCE = Buffer.alloc(NONCE_SIZE);

/** The plaintext sealed, handed to `take` in parts that are gone when it returns. */
export function sealTo(
  take: (part: Buffer) => void,
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
): void {
  const cipher = createCipheriv(ALGORITHM, key, nonce, options);
  const ciphertext = cipher.update(plaintext);
  take(ciphertext);
  release(ciphertext);
  // GCM has no last block; `final` computes the tag.
  cipher.final();
  take(cipher.getAuthTag());
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
