/** What is computed over a body as it comes: the MD5 of its ETag, and the checksum that its client gives. */
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { createCRC32, createCRC64, type IHasher } from 'hash-wasm';

export interface Digest {
  update(piece: Buffer): void;
  /** Once. */
  digest(): Buffer;
}

export const algorithms = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const;
export type Algorithm = (typeof algorithms)[number];

/** Reflected polynomials: RFC 3720, section 12.1, and the NVM Command Set specification, "64b CRC". */
const CRC32C = 0x82f63b78;
const CRC64NVME = '9a6c9329ac4bc9b5';

const makers: Readonly<Record<Algorithm, () => Digest | Promise<Digest>>> = {
  crc32: () => new Crc32(),
  crc32c: async () => new Pooled(crc32cPool, crc32cPool.pop() ?? (await createCRC32(CRC32C))),
  crc64nvme: async () => new Pooled(crc64Pool, crc64Pool.pop() ?? (await createCRC64(CRC64NVME))),
  sha1: () => createHash('sha1'),
  sha256: () => createHash('sha256'),
};

export const newDigest = (algorithm: Algorithm): Digest | Promise<Digest> => makers[algorithm]();
export const newMd5 = (): Hash => createHash('md5');

/** Bytes of each checksum. */
export const sizes: Readonly<Record<Algorithm, number>> = {
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
  sha1: 20,
  sha256: 32,
};

class Crc32 implements Digest {
  #value = 0;
  update(piece: Buffer): void {
    this.#value = crc32(piece, this.#value);
  }
  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(this.#value);
    return out;
  }
}

/** Making one compiles nothing, but takes memory of its own that is worth keeping. */
const crc32cPool: IHasher[] = [];
const crc64Pool: IHasher[] = [];
const POOL = 64;

class Pooled implements Digest {
  readonly #pool: IHasher[];
  readonly #hasher: IHasher;
  constructor(pool: IHasher[], hasher: IHasher) {
    this.#pool = pool;
    this.#hasher = hasher.init();
  }
  update(piece: Buffer): void {
    this.#hasher.update(piece);
  }
  digest(): Buffer {
    const value = Buffer.from(this.#hasher.digest('binary'));
    if (this.#pool.length < POOL) this.#pool.push(this.#hasher);
    return value;
  }
}
