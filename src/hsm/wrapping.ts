/** How keys leave and enter (PKCS #11 v3.1, sections 6.1.8, 6.1.20, 6.13.18): a wrap each, and an unwrap for AES ones. */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  publicEncrypt,
} from 'node:crypto';
import { AES_KEY_SIZE } from './keys.ts';
import { newAesKey } from './message-cipher.ts';
import { HsmError } from './protocol/errors.ts';
import { type KeyUsage, RSA_BITS, type WrapMechanism } from './protocol/values.ts';

interface Mechanism {
  /** Of the wrapping key. */
  readonly usage: KeyUsage;
  wrap(wrapping: KeyObject, material: Buffer): Buffer;
  /** Absent: not here; HSMs hold no RSA private keys. Throws what node:crypto does. */
  unwrap?(wrapping: KeyObject, wrapped: Uint8Array): Buffer;
}

/** RFC 3394, section 2.2.3.1, and RFC 5649, section 3. */
const aes = (cipher: string, iv: string): Mechanism & Required<Pick<Mechanism, 'unwrap'>> => ({
  usage: 'wrap',
  wrap(wrapping, material) {
    const wrap = createCipheriv(cipher, wrapping, Buffer.from(iv, 'hex'));
    return Buffer.concat([wrap.update(material), wrap.final()]);
  },
  unwrap(wrapping, wrapped) {
    const unwrap = createDecipheriv(cipher, wrapping, Buffer.from(iv, 'hex'));
    const material = unwrap.update(wrapped);
    unwrap.final();
    return material;
  },
});
const keyWrap = aes('id-aes256-wrap', 'A6A6A6A6A6A6A6A6');
const keyWrapPad = aes('id-aes256-wrap-pad', 'A65959A6');

const oaep = (key: KeyObject, material: Buffer): Buffer =>
  publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, material);

const mechanisms: Readonly<Record<WrapMechanism, Mechanism>> = {
  RSAES_OAEP_SHA_256: { usage: 'public', wrap: oaep },
  RSA_AES_KEY_WRAP_SHA_256: {
    usage: 'public',
    wrap(wrapping, material) {
      const key = newAesKey(AES_KEY_SIZE);
      const raw = key.export();
      const out = Buffer.concat([oaep(wrapping, raw), keyWrapPad.wrap(key, material)]);
      raw.fill(0);
      return out;
    },
  },
  AES_KW: keyWrap,
  AES_KWP: keyWrapPad,
};

export const wrappingUsage = (mechanism: WrapMechanism): KeyUsage => mechanisms[mechanism].usage;

export function wrapMaterial(mechanism: WrapMechanism, wrapping: KeyObject, material: KeyObject): Buffer {
  const raw = material.export();
  const wrapped = mechanisms[mechanism].wrap(wrapping, raw);
  raw.fill(0);
  return wrapped;
}

/** An AES-256 key. Throws `refused`, `wrapped-key`. */
export function unwrapMaterial(
  mechanism: WrapMechanism,
  wrapping: KeyObject,
  wrapped: Uint8Array,
): KeyObject {
  const { unwrap } = mechanisms[mechanism];
  if (unwrap === undefined) throw new HsmError('refused', 'keys are unwrapped by AES_KW or AES_KWP');
  let raw: Buffer;
  try {
    raw = unwrap(wrapping, wrapped);
  } catch {
    throw new HsmError('wrapped-key', 'the wrapped key does not unwrap');
  }
  const size = raw.length;
  const key = createSecretKey(raw);
  raw.fill(0);
  if (size !== AES_KEY_SIZE) throw new HsmError('wrapped-key', 'what was wrapped is no AES-256 key');
  return key;
}

/** Throws `refused`. */
export function parseWrappingKey(spki: Uint8Array): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const bits = key.asymmetricKeyDetails?.modulusLength;
    if (key.asymmetricKeyType === 'rsa' && RSA_BITS.some((allowed) => allowed === bits)) return key;
  } catch {
    // As for a key of another kind.
  }
  throw new HsmError(
    'refused',
    'a wrapping key is an RSA public key of 2,048, 3,072 or 4,096 bits (SPKI, DER)',
  );
}
