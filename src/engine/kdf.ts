/**
 * Key derivation: SP 800-108r1, section 4.1, KDF in counter mode with HMAC-SHA-256, one block:
 * K_out = HMAC(K_in, [1]_32 || Label || 0x00 || Context || [256]_32).
 */
import { createHmac, type KeyObject } from 'node:crypto';

export const DERIVED_SIZE = 32;

export interface Label {
  /** Context bytes that `derive` takes. */
  readonly contextSize: number;
  readonly contextAt: number;
  /** The whole input of the HMAC, in which only the context changes from call to call. */
  readonly input: Buffer;
}

export function kdfLabel(label: string, contextSize: number): Label {
  const name = Buffer.from(label, 'ascii');
  const contextAt = 4 + name.length + 1;
  const input = Buffer.alloc(contextAt + contextSize + 4);
  input.writeUInt32BE(1, 0);
  name.copy(input, 4);
  input.writeUInt32BE(DERIVED_SIZE * 8, contextAt + contextSize);
  return { contextSize, contextAt, input };
}

/** 32 bytes, the caller's to erase. */
export function derive(key: KeyObject, label: Label, context: Uint8Array): Buffer {
  if (context.length !== label.contextSize) throw new RangeError('a KDF context of another size');
  label.input.set(context, label.contextAt);
  return createHmac('sha256', key).update(label.input).digest();
}
