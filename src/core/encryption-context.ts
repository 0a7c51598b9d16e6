/**
 * The canonical bytes of an encryption context, bound into every ciphertext as associated data:
 * u32 count, then for each pair, sorted by the UTF-8 bytes of its key: u32 length, key, u32 length, value.
 * Absent and empty are the same. Written down in docs/formats/ciphertext.md.
 */
export type EncryptionContext = Readonly<Record<string, string>>;

const EMPTY = Buffer.alloc(4);

export function canonicalContext(context: EncryptionContext | undefined): Buffer {
  const pairs = context === undefined ? [] : Object.entries(context);
  if (pairs.length === 0) return EMPTY;
  const encoded = pairs.map(([key, value]) => [Buffer.from(key), Buffer.from(value)] as const);
  encoded.sort(([a], [b]) => Buffer.compare(a, b));
  const size = encoded.reduce((sum, [key, value]) => sum + 8 + key.length + value.length, 4);
  const out = Buffer.allocUnsafe(size);
  let at = out.writeUInt32BE(encoded.length, 0);
  for (const part of encoded.flat()) {
    at = out.writeUInt32BE(part.length, at);
    at += part.copy(out, at);
  }
  return out;
}
