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
  if (pairs.length > 1) pairs.sort(([a], [b]) => compareUtf8(a, b));
  let size = 4;
  for (const [key, value] of pairs) size += 8 + Buffer.byteLength(key) + Buffer.byteLength(value);
  const out = Buffer.allocUnsafe(size);
  let at = out.writeUInt32BE(pairs.length, 0);
  for (const [key, value] of pairs) at = writeText(out, value, writeText(out, key, at));
  return out;
}

function writeText(out: Buffer, text: string, at: number): number {
  const length = out.write(text, at + 4);
  out.writeUInt32BE(length, at);
  return at + 4 + length;
}

const compareUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
