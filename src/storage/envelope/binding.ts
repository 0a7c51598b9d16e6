/** What a stored object is bound to: associated data of its sealed parts (docs/formats/stored-object.md, "Binding"). */

export interface ObjectBinding {
  readonly bucket: string;
  readonly key: string;
  /** `null` while versions do not exist. */
  readonly version: string;
  /** 16 bytes, 15 of them random, new for each write, recorded by the authenticated index. */
  readonly generation: Uint8Array;
}

export const GENERATION_SIZE = 16;

/** Each field with its length before it, so that no two bindings have the same bytes. */
export function encodeObjectBinding({ bucket, key, version, generation }: ObjectBinding): Buffer {
  const parts: Uint8Array[] = [];
  for (const field of [Buffer.from(bucket), Buffer.from(key), Buffer.from(version), generation]) {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(field.length);
    parts.push(size, field);
  }
  return Buffer.concat(parts);
}
