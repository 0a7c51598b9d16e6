/**
 * The key of one bucket, a data key under its account's S3 root: seals what listings and HeadObject say of objects,
 * which they must be able to say without the key of the object (docs/formats/stored-object.md, "Head").
 */
import { canonicalJson } from '../../core/canonical-json.ts';
import { altered } from './altered.ts';
import { encodeObjectBinding, type ObjectBinding } from './binding.ts';
import { derive } from './derive.ts';
import { FIXED_NONCE, open, seal } from './gcm.ts';

const HEAD = 'lockholm/object-head/1';

export interface ObjectHead {
  /** 32 hexadecimal digits: the MD5 of the plaintext under SSE-S3, random under SSE-KMS. */
  readonly etag: string;
  /** Content-Type and the other headers that are given back as they came, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** By the names after `x-amz-meta-`, in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The encryption context that the client gave for its KMS key. */
  readonly context?: Readonly<Record<string, string>>;
}

export class BucketKey {
  readonly #bytes: Buffer;

  /** Takes a copy. */
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  /** One head for one generation. */
  sealHead(binding: ObjectBinding, head: ObjectHead): Buffer {
    const key = derive(this.#bytes, HEAD, binding.generation);
    const sealed = seal(key, encodeObjectBinding(binding), Buffer.from(canonicalJson(head)));
    key.fill(0);
    return sealed;
  }

  openHead(binding: ObjectBinding, sealed: Uint8Array): ObjectHead {
    const key = derive(this.#bytes, HEAD, binding.generation);
    const head = open(key, FIXED_NONCE, encodeObjectBinding(binding), sealed);
    key.fill(0);
    if (head === undefined) throw altered(binding.generation, 'its head in the index is not authentic');
    return JSON.parse(head.toString('utf8')) as ObjectHead;
  }
}
