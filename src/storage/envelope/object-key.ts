/**
 * The key of one stored object, apart from what wraps it: the data key that wraps it can change while the object
 * stays as it is. The bytes do not leave this class.
 */
import { randomBytes } from 'node:crypto';
import { encodeObjectBinding, type ObjectBinding } from './binding.ts';
import { derive, KEY_SIZE } from './derive.ts';
import { FIXED_NONCE, open, seal } from './gcm.ts';

const WRAP = 'lockholm/object-key/1';
const STREAM = 'lockholm/object-stream/1';
const MANIFEST = 'lockholm/object-manifest/1';

export interface StreamKey {
  readonly key: Buffer;
  /** Names this key: two keys with one commitment cannot be found. */
  readonly commitment: Buffer;
}

export class ObjectKey {
  readonly #bytes: Buffer;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  static generate(): ObjectKey {
    return new ObjectKey(randomBytes(KEY_SIZE));
  }

  /** Of bytes whose secrecy is none: for vectors. */
  static insecureFromBytes(bytes: Uint8Array): ObjectKey {
    return new ObjectKey(Buffer.from(bytes));
  }

  /** Undefined when the wrapped key is of another data key or another object. */
  static unwrap(dataKey: Uint8Array, wrapped: Uint8Array, binding: ObjectBinding): ObjectKey | undefined {
    const key = derive(dataKey, WRAP, binding.generation);
    const bytes = open(key, FIXED_NONCE, encodeObjectBinding(binding), wrapped);
    key.fill(0);
    return bytes?.length === KEY_SIZE ? new ObjectKey(bytes) : undefined;
  }

  /** A data key wraps one object key for one generation. */
  wrap(dataKey: Uint8Array, binding: ObjectBinding): Buffer {
    const key = derive(dataKey, WRAP, binding.generation);
    const wrapped = seal(key, encodeObjectBinding(binding), this.#bytes);
    key.fill(0);
    return wrapped;
  }

  /** The key is the caller's to erase. `salt` is new for each stream. */
  streamKey(salt: Uint8Array): StreamKey {
    const both = derive(this.#bytes, STREAM, salt, 2);
    const commitment = Buffer.from(both.subarray(KEY_SIZE));
    return { key: both.subarray(0, KEY_SIZE), commitment };
  }

  sealManifest(binding: ObjectBinding, header: Uint8Array, manifest: Uint8Array): Buffer {
    const key = derive(this.#bytes, MANIFEST, binding.generation);
    const sealed = seal(key, Buffer.concat([header, encodeObjectBinding(binding)]), manifest);
    key.fill(0);
    return sealed;
  }

  openManifest(binding: ObjectBinding, header: Uint8Array, sealed: Uint8Array): Buffer | undefined {
    const key = derive(this.#bytes, MANIFEST, binding.generation);
    const aad = Buffer.concat([header, encodeObjectBinding(binding)]);
    const manifest = open(key, FIXED_NONCE, aad, sealed);
    key.fill(0);
    return manifest;
  }

  erase(): void {
    this.#bytes.fill(0);
  }
}
