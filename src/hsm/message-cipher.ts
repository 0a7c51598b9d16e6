/**
 * Encryption for KMS in an HSM (docs/formats/hsm-protocol.md): a key derived for each message, as the engine has it for its
 * own scheme, so that no number of messages wears a key out; and plain AES-GCM with random IVs, which SP 800-38D, section
 * 8.3, bounds to 2^32 messages a key.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { GCM_NONCE_SIZE, GCM_TAG_SIZE, gcmOpen, gcmSeal } from '../engine/gcm.ts';
import { derive, kdfLabel } from '../engine/kdf.ts';
import { RandomPool } from '../engine/random-pool.ts';

const NONCE_SIZE = 16;
const label = kdfLabel('lockholm/hsm-message/1', NONCE_SIZE);
const FIXED_NONCE = Buffer.alloc(GCM_NONCE_SIZE);
const random = new RandomPool();

/** nonce || ciphertext || tag */
export function sealMessage(material: KeyObject, plaintext: Uint8Array, aad: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(NONCE_SIZE + plaintext.length + GCM_TAG_SIZE);
  random.copy(out, 0, NONCE_SIZE);
  const key = derive(material, label, out.subarray(0, NONCE_SIZE));
  gcmSeal(key, FIXED_NONCE, aad, plaintext, out, NONCE_SIZE);
  key.fill(0);
  return out;
}

/** The caller erases it. Undefined when it does not authenticate. */
export function openMessage(material: KeyObject, sealed: Uint8Array, aad: Uint8Array): Buffer | undefined {
  if (sealed.length < NONCE_SIZE + GCM_TAG_SIZE) return undefined;
  const key = derive(material, label, sealed.subarray(0, NONCE_SIZE));
  const plaintext = gcmOpen(key, FIXED_NONCE, aad, sealed.subarray(NONCE_SIZE));
  key.fill(0);
  return plaintext;
}

export interface Sealed {
  readonly iv: Buffer;
  readonly sealed: Buffer;
}

/** The HSM makes the IV itself. */
export function sealData(material: KeyObject, plaintext: Uint8Array, aad: Uint8Array): Sealed {
  const iv = random.take(GCM_NONCE_SIZE);
  const sealed = Buffer.allocUnsafe(plaintext.length + GCM_TAG_SIZE);
  gcmSeal(material, iv, aad, plaintext, sealed, 0);
  return { iv, sealed };
}

export function openData(
  material: KeyObject,
  iv: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
): Buffer | undefined {
  return iv.length === GCM_NONCE_SIZE ? gcmOpen(material, iv, aad, sealed) : undefined;
}

export const randomBytesOf = (size: number): Buffer => random.take(size);

export function newAesKey(size: number): KeyObject {
  const raw = random.take(size);
  const key = createSecretKey(raw);
  raw.fill(0);
  return key;
}
