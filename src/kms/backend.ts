/**
 * Where a key's material lives and is used. The engine implements this for origin AWS_KMS; key stores
 * (HSM cluster, PKCS#11 device, external proxy) are further implementations, bound in `server/`.
 * Every method rejects with EngineError; ciphertexts are whole blobs with their clear header.
 */
import type { KeyUse } from '../core/call.ts';
import type { KeyRecord } from './key.ts';

/** The material of one key, ready for use. */
export interface MaterialHandle {
  readonly keyArn: string;
  readonly materialId: string;
  readonly binding: Uint8Array;
  readonly token: Uint8Array;
}

export interface NewMaterial {
  readonly materialId: string;
  readonly token: Uint8Array;
  /** HMAC under a key of the account: equal for equal material, and says nothing else. */
  readonly fingerprint: string;
}

export interface Used {
  readonly use: KeyUse;
}

export interface KeyBackend {
  create(
    key: Pick<KeyRecord, 'id' | 'account' | 'region' | 'multiRegion' | 'keySpec' | 'usage' | 'origin'>,
  ): Promise<NewMaterial>;
  /** `plaintext` 1 to 4096 bytes; `context` is the canonical encryption context. */
  encrypt(
    material: MaterialHandle,
    plaintext: Uint8Array,
    context: Uint8Array,
  ): Promise<Used & { readonly ciphertext: Uint8Array }>;
  decrypt(
    material: MaterialHandle,
    ciphertext: Uint8Array,
    context: Uint8Array,
  ): Promise<Used & { readonly plaintext: Uint8Array }>;
  /** Both materials of this backend: the plaintext never leaves it. */
  reEncrypt(
    source: MaterialHandle,
    ciphertext: Uint8Array,
    sourceContext: Uint8Array,
    destination: MaterialHandle,
    destinationContext: Uint8Array,
  ): Promise<{ readonly ciphertext: Uint8Array; readonly uses: readonly [KeyUse, KeyUse] }>;
  /** Decrypts and says only whether it could: rejects as `decrypt` does, counts no use. */
  check(material: MaterialHandle, ciphertext: Uint8Array, context: Uint8Array): Promise<void>;
  /** `length` 1 to 1024 bytes. `plaintext` is empty unless `withPlaintext`. */
  generateDataKey(
    material: MaterialHandle,
    length: number,
    context: Uint8Array,
    withPlaintext: boolean,
  ): Promise<Used & { readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array }>;
  /** Makes the material unusable at once where it is used; the caller erases what is stored. */
  destroy(material: MaterialHandle): Promise<void>;
}

/** How key material is wrapped on its way in. */
export interface Wrapping {
  readonly keySpec: 'RSA_2048' | 'RSA_3072' | 'RSA_4096';
  readonly algorithm: 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_256';
}
export interface ImportKey extends Wrapping {
  /** SHA-256 of the public key (SPKI, DER), hexadecimal. */
  readonly publicKeyHash: string;
  readonly token: Uint8Array;
}

/** What KMS keys of origin EXTERNAL have in the place of `create`. Every method rejects with EngineError. */
export interface ImportBackend {
  createKey(key: KeyRecord, wrapping: Wrapping): Promise<ImportKey & { readonly publicKey: Uint8Array }>;
  /**
   * With `existing`, the material MUST be one of `known`, without, it MUST NOT: rejects with `incorrect-material`, as
   * for a wrong size. What does not unwrap is `invalid-ciphertext`.
   */
  importMaterial(
    key: KeyRecord,
    importKey: ImportKey,
    wrapped: Uint8Array,
    expected: { readonly known: readonly string[]; readonly existing: boolean },
  ): Promise<NewMaterial>;
  /** The MAC of the content of an import token, for one key's import key. */
  authenticate(name: string, content: Uint8Array): Promise<Uint8Array>;
  isAuthentic(name: string, content: Uint8Array, mac: Uint8Array): Promise<boolean>;
}
