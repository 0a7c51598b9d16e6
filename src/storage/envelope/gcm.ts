/** AES-256-GCM with 128-bit tags (SP 800-38D), ciphertext followed by tag. */
import { createCipheriv, createDecipheriv } from 'node:crypto';

export const NONCE_SIZE = 12;
export const TAG_SIZE = 16;
const ALGORITHM = 'aes-256-gcm';
const options = { authTagLength: TAG_SIZE };

/** For keys that seal one message. */
export const FIXED_NONCE = Buffer.alloc(NONCE_SIZE);

/** The pieces of the plaintext, sealed as one, handed to `take` in parts that are gone when it returns. */
export function sealPieces(
  key: Uint8Array,
  nonce: Uint8Array,
  pieces: readonly Uint8Array[],
  take: (part: Buffer) => void,
): void {
  const cipher = createCipheriv(ALGORITHM, key, nonce, options);
  for (const piece of pieces) {
    const part = cipher.update(piece);
    take(part);
    release(part);
  }
  // GCM has no last block; `final` computes the tag.
  cipher.final();
  take(cipher.getAuthTag());
}

/** Gives memory back at once: what the collector does not know to be large is collected late, and then all at once. */
function release({ buffer, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
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
