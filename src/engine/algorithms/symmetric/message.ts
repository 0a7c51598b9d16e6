/**
 * SYMMETRIC_DEFAULT (docs/formats/ciphertext.md). Each message has a key of its own, derived from the key
 * material and a random 128-bit nonce (kdf.ts), as "AWS KMS Cryptographic Details", "Symmetric encryption",
 * has it; AES-256-GCM under it uses one fixed nonce, which is sound because a message key seals one message.
 * Associated data: the header (protocol/ciphertext.ts), then the canonical encryption context.
 */
import type { KeyObject } from 'node:crypto';
import { GCM_NONCE_SIZE, GCM_TAG_SIZE, gcmOpen, gcmSeal } from '../../gcm.ts';
import { derive, kdfLabel } from '../../kdf.ts';
import { HEADER_SIZE } from '../../protocol/ciphertext.ts';

export const MESSAGE_NONCE_SIZE = 16;
/** Where the message nonce lies in the header. */
export const MESSAGE_NONCE_AT = HEADER_SIZE - MESSAGE_NONCE_SIZE;
const label = kdfLabel('lockholm/symmetric-default/1', MESSAGE_NONCE_SIZE);
const FIXED_NONCE = Buffer.alloc(GCM_NONCE_SIZE);

/** `header` holds the message nonce, which MUST never have been used with this material. */
export function sealMessage(
  material: KeyObject,
  header: Buffer,
  plaintext: Uint8Array,
  context: Uint8Array,
): Buffer {
  const blob = Buffer.allocUnsafe(HEADER_SIZE + plaintext.length + GCM_TAG_SIZE);
  header.copy(blob);
  const key = derive(material, label, header.subarray(MESSAGE_NONCE_AT));
  gcmSeal(key, FIXED_NONCE, associatedData(header, context), plaintext, blob, HEADER_SIZE);
  key.fill(0);
  return blob;
}

/** `blob` begins with a parsed header. Undefined when it does not authenticate. */
export function openMessage(material: KeyObject, blob: Buffer, context: Uint8Array): Buffer | undefined {
  const header = blob.subarray(0, HEADER_SIZE);
  const key = derive(material, label, header.subarray(MESSAGE_NONCE_AT));
  const plaintext = gcmOpen(key, FIXED_NONCE, associatedData(header, context), blob.subarray(HEADER_SIZE));
  key.fill(0);
  return plaintext;
}

const scratch = Buffer.alloc(HEADER_SIZE + 16 * 1024);

/** The header has one size, so that header and context cannot be cut in two ways. */
function associatedData(header: Buffer, context: Uint8Array): Buffer {
  const size = HEADER_SIZE + context.length;
  const out = size <= scratch.length ? scratch : Buffer.allocUnsafe(size);
  header.copy(out);
  out.set(context, HEADER_SIZE);
  return out.subarray(0, size);
}
