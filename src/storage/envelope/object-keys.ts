/** Makes and opens the keys of objects, whatever wraps them; the only place where data keys are in clear. */
import { randomBytes } from 'node:crypto';
import type { Call } from '../../core/call.ts';
import type { EncryptionContext } from '../../core/encryption-context.ts';
import type { AccountId } from '../../core/ids.ts';
import { Recent } from '../../core/recent.ts';
import { altered } from './altered.ts';
import type { ObjectBinding } from './binding.ts';
import { BucketKey } from './bucket-key.ts';
import type { KmsKeys } from './kms-keys.ts';
import { ObjectKey } from './object-key.ts';
import type { S3Roots } from './s3-root.ts';

/** Base64 throughout. */
export type Wrap =
  | { readonly by: 's3-root'; readonly dataKey: string; readonly objectKey: string }
  | {
      readonly by: 'kms';
      readonly dataKey: string;
      readonly objectKey: string;
      readonly keyArn: string;
      readonly materialId: string;
    };

/** What a new object is to be under: without a key, the S3 root of the bucket's account. */
export interface Under {
  readonly kmsKey?: string;
}

export interface NewObjectKey {
  /** The caller's to erase. */
  readonly key: ObjectKey;
  readonly wrap: Wrap;
}

type CallFacts = Pick<Call, 'caller' | 'region'>;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** An ETag that says nothing of the object. */
export const opaqueTag = (): string => randomBytes(16).toString('hex');

const MAX_BUCKET_KEYS = 1000;

export class ObjectKeys {
  readonly #roots: S3Roots;
  readonly #kms: KmsKeys;
  /** By the wrapped key. */
  readonly #bucketKeys = new Recent<BucketKey>({ entries: MAX_BUCKET_KEYS });

  constructor(roots: S3Roots, kms: KmsKeys) {
    this.#roots = roots;
    this.#kms = kms;
  }

  /** `account` owns the bucket. */
  async make(
    binding: ObjectBinding,
    account: AccountId,
    { kmsKey }: Under,
    context: EncryptionContext,
    call: CallFacts,
  ): Promise<NewObjectKey> {
    const key = ObjectKey.generate();
    if (kmsKey === undefined) {
      const { plaintext, wrapped } = await this.#roots.generate(account, context);
      const objectKey = wrapAndErase(key, plaintext, binding);
      return { key, wrap: { by: 's3-root', dataKey: base64(wrapped), objectKey } };
    }
    const { plaintext, wrapped, keyArn, materialId } = await this.#kms.generate(call, kmsKey, context);
    const objectKey = wrapAndErase(key, plaintext, binding);
    return { key, wrap: { by: 'kms', dataKey: base64(wrapped), objectKey, keyArn, materialId } };
  }

  /** The key is the caller's to erase. */
  async open(
    binding: ObjectBinding,
    account: AccountId,
    wrap: Wrap,
    context: EncryptionContext,
    call: CallFacts,
  ): Promise<ObjectKey> {
    const wrapped = Buffer.from(wrap.dataKey, 'base64');
    const dataKey =
      wrap.by === 's3-root'
        ? await this.#roots.unwrap(account, wrapped, context)
        : await this.#kms.unwrap(call, wrap.keyArn, wrapped, context);
    const key = ObjectKey.unwrap(dataKey, Buffer.from(wrap.objectKey, 'base64'), binding);
    dataKey.fill(0);
    if (key === undefined) throw altered(binding.generation, 'its wrapped key is not authentic');
    return key;
  }

  /** The wrapped key of a new bucket, base64. */
  async makeBucketKey(account: AccountId, context: EncryptionContext): Promise<string> {
    const { plaintext, wrapped } = await this.#roots.generate(account, context);
    this.#keep(base64(wrapped), plaintext);
    return base64(wrapped);
  }

  async bucketKey(account: AccountId, wrapped: string, context: EncryptionContext): Promise<BucketKey> {
    const known = this.#bucketKeys.get(wrapped);
    if (known !== undefined) return known;
    return this.#keep(wrapped, await this.#roots.unwrap(account, Buffer.from(wrapped, 'base64'), context));
  }

  #keep(wrapped: string, plaintext: Uint8Array): BucketKey {
    const key = new BucketKey(plaintext);
    plaintext.fill(0);
    this.#bucketKeys.set(wrapped, key);
    return key;
  }
}

function wrapAndErase(key: ObjectKey, dataKey: Uint8Array, binding: ObjectBinding): string {
  const wrapped = key.wrap(dataKey, binding);
  dataKey.fill(0);
  return base64(wrapped);
}
