/** Where what lies in an object file: header, chunks, sealed manifest (docs/formats/stored-object.md, "File"). */
import { TAG_SIZE } from './gcm.ts';

const MAGIC = Buffer.from('LKOB', 'ascii');
const VERSION = 1;
const CHUNK_LOG2 = 16;
const SALT_AT = 8;

/** Bytes of plaintext in every chunk but the last. */
export const CHUNK_SIZE = 2 ** CHUNK_LOG2;
export const SEALED_CHUNK_SIZE = CHUNK_SIZE + TAG_SIZE;
export const SALT_SIZE = 32;
export const COMMITMENT_SIZE = 32;
export const HEADER_SIZE = SALT_AT + SALT_SIZE + COMMITMENT_SIZE;
/** A sealed manifest is never longer. */
export const MANIFEST_MAX = 1024;

/** An empty object has one empty chunk, so that every stream has a last one. */
export const chunkCount = (size: number): number => Math.max(1, Math.ceil(size / CHUNK_SIZE));
export const manifestOffset = (size: number): number => HEADER_SIZE + size + chunkCount(size) * TAG_SIZE;
export const chunkOffset = (index: number): number => HEADER_SIZE + index * SEALED_CHUNK_SIZE;

export function encodeHeader(salt: Uint8Array, commitment: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_SIZE);
  MAGIC.copy(header);
  header[4] = VERSION;
  header[5] = CHUNK_LOG2;
  header.set(salt, SALT_AT);
  header.set(commitment, SALT_AT + SALT_SIZE);
  return header;
}

export interface Header {
  readonly bytes: Buffer;
  readonly salt: Buffer;
  readonly commitment: Buffer;
}

/** Undefined for bytes that are no header of this version. */
export function parseHeader(bytes: Buffer): Header | undefined {
  if (bytes.length !== HEADER_SIZE || !bytes.subarray(0, 4).equals(MAGIC)) return undefined;
  if (bytes[4] !== VERSION || bytes[5] !== CHUNK_LOG2 || bytes.readUInt16BE(6) !== 0) return undefined;
  const commitmentAt = SALT_AT + SALT_SIZE;
  return { bytes, salt: bytes.subarray(SALT_AT, commitmentAt), commitment: bytes.subarray(commitmentAt) };
}

const MAX_CHUNKS = 2 ** 32;

/** STREAM's nonce: 7 zero bytes, the chunk's number, 1 for the last chunk. A key is of one stream, so it repeats never. */
export function chunkNonce(index: number, last: boolean): Buffer {
  if (index >= MAX_CHUNKS) throw new RangeError('an object has at most 2^32 chunks');
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 7);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
