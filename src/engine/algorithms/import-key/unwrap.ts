/**
 * The two ways in which key material comes wrapped under an RSA key (PKCS #11 v3.1, sections 6.1.8 and 6.1.20).
 * Whatever is wrong, the answer is `undefined`: what an attacker could learn from the reason (Manger, CRYPTO 2001)
 * stays inside.
 */
import { constants, createDecipheriv, type KeyObject, privateDecrypt } from 'node:crypto';

/** `wrapped` is anything a caller sent. The result is the caller's to erase. */
export type Unwrap = (key: KeyObject, wrapped: Uint8Array) => Buffer | undefined;

/** CKM_RSA_AES_KEY_WRAP: the AES key that AWS asks for has 256 bits. */
const AES_KEY_SIZE = 32;
/** RFC 5649, section 4.1: two blocks of 64 bits or more. Node takes less for nothing to do. */
const WRAPPED_LEAST = 16;
/** RFC 5649, section 3. */
const ALTERNATIVE_IV = Buffer.from('A65959A6', 'hex');

/** RSAES-OAEP with SHA-256, MGF1 with SHA-256, no label (RFC 8017, section 7.1). */
export const oaep: Unwrap = (key, wrapped) => {
  if (wrapped.length !== modulusSize(key)) return undefined;
  try {
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, wrapped);
  } catch {
    return undefined;
  }
};

/** An AES key by RSAES-OAEP, then the material under it by AES-KWP (RFC 5649). */
export const wrappedAesKey: Unwrap = (key, wrapped) => {
  const size = modulusSize(key);
  const aesKey = oaep(key, wrapped.subarray(0, size));
  if (aesKey === undefined) return undefined;
  const material = aesKey.length === AES_KEY_SIZE ? unpad(aesKey, wrapped.subarray(size)) : undefined;
  aesKey.fill(0);
  return material;
};

function unpad(key: Buffer, wrapped: Uint8Array): Buffer | undefined {
  if (wrapped.length < WRAPPED_LEAST) return undefined;
  try {
    const decipher = createDecipheriv('id-aes256-wrap-pad', key, ALTERNATIVE_IV);
    const material = decipher.update(wrapped);
    decipher.final();
    return material;
  } catch {
    return undefined;
  }
}

const modulusSize = (key: KeyObject): number => (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
