/**
 * Key derivation of stored objects: SP 800-108r1, section 4.1, KDF in counter mode with HMAC-SHA-256:
 * block i = HMAC(key, [i]_32 || label || 0x00 || context || [bits]_32). Labels and contexts: docs/formats/stored-object.md.
 */
import { createHmac } from 'node:crypto';

export const KEY_SIZE = 32;

/** `blocks` times 32 bytes, the caller's to erase. */
export function derive(key: Uint8Array, label: string, context: Uint8Array, blocks = 1): Buffer {
  const name = Buffer.from(`${label}\0`, 'ascii');
  const counter = Buffer.alloc(4);
  const bits = Buffer.alloc(4);
  bits.writeUInt32BE(blocks * KEY_SIZE * 8);
  const out = Buffer.allocUnsafe(blocks * KEY_SIZE);
  for (let i = 0; i < blocks; i++) {
    counter.writeUInt32BE(i + 1);
    const block = createHmac('sha256', key)
      .update(counter)
      .update(name)
      .update(context)
      .update(bits)
      .digest();
    block.copy(out, i * KEY_SIZE);
    block.fill(0);
  }
  return out;
}
