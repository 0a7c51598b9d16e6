/**
 * Where a key's material lives and is used: the engine for origins AWS_KMS and EXTERNAL, an HSM cluster for AWS_CLOUDHSM;
 * bound in `server/`. Ciphertexts are whole blobs with their clear header. Every method of the engine's rejects with
 * EngineError; those of a key store with ServiceError too.
 */
import type { KeyUse } from '../core/call.ts';
import type { KeyId, Place } from '../core/ids.ts';
import type { KeyRecord } from './key.ts';
import type { CredentialRow, KeyStoreRecord } from './key-store.ts';

interface MaterialName {
  readonly keyArn: string;
  readonly materialId: string;
}
/** Material that only the engine opens. */
export interface TokenMaterial extends MaterialName {
  readonly heldBy: 'engine';
  readonly binding: Uint8Array;
  readonly token: Uint8Array;
}
/** Material that never leaves its HSMs. */
export interface HsmMaterial extends MaterialName {
  readonly heldBy: 'hsm';
  /** The custom key store. */
  readonly store: Place & { readonly id: string };
  readonly handle: string;
  /** What its ciphertexts begin with. */
  readonly name: Uint8Array;
}
/** The material of one key, ready for use. */
export type MaterialHandle = TokenMaterial | HsmMaterial;

export interface NewMaterial {
  readonly materialId: string;
  readonly token: Uint8Array;
  /** HMAC under a key of the account: equal for equal material, and says nothing else. */
  readonly fingerprint: string;
}

export interface Used {
  readonly use: KeyUse;
}

export interface KeyMaker {
  create(
    key: Pick<KeyRecord, 'id' | 'account' | 'region' | 'multiRegion' | 'keySpec' | 'usage' | 'origin'>,
  ): Promise<NewMaterial>;
}

export interface KeyBackend<Handle = MaterialHandle> {
  /** `plaintext` 1 to 4096 bytes; `context` is the canonical encryption context. */
  encrypt(
    material: Handle,
    plaintext: Uint8Array,
    context: Uint8Array,
  ): Promise<Used & { readonly ciphertext: Uint8Array }>;
  decrypt(
    material: Handle,
    ciphertext: Uint8Array,
    context: Uint8Array,
  ): Promise<Used & { readonly plaintext: Uint8Array }>;
  /** With both materials in one engine or one cluster the plaintext never leaves it. */
  reEncrypt(
    source: Handle,
    ciphertext: Uint8Array,
    sourceContext: Uint8Array,
    destination: Handle,
    destinationContext: Uint8Array,
  ): Promise<{ readonly ciphertext: Uint8Array; readonly uses: readonly [KeyUse, KeyUse] }>;
  /** Decrypts and says only whether it could: rejects as `decrypt` does, counts no use. */
  check(material: Handle, ciphertext: Uint8Array, context: Uint8Array): Promise<void>;
  /** `length` 1 to 1024 bytes. `plaintext` is empty unless `withPlaintext`. */
  generateDataKey(
    material: Handle,
    length: number,
    context: Uint8Array,
    withPlaintext: boolean,
  ): Promise<Used & { readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array }>;
  /**
   * Makes the material unusable at once where it is used; the caller erases what is stored. Of material in HSMs, what
   * they say of it; undefined where they cannot be reached, so that they may have it still.
   */
  destroy(material: Handle): Promise<Erasure | undefined>;
}

/** What an HSM signed when it erased a key. */
export interface Erasure {
  /** Base64 (hsm/protocol/receipts.ts, DeletionStatement). */
  readonly receipt: string;
  /** No member of the cluster holds it any more. */
  readonly everywhere: boolean;
}

export interface NewHsmMaterial {
  readonly materialId: string;
  readonly handle: string;
  readonly lineage: string;
}

/** A custom key store on a cluster of HSMs. Rejects with ServiceError. */
export interface StoreBackend extends KeyBackend<HsmMaterial> {
  /** Makes a key that never leaves the HSMs; the same again for a key id that has one. */
  create(store: KeyStoreRecord, keyId: KeyId): Promise<NewHsmMaterial>;
  /** `length` 1 to 1,024 bytes from an HSM. */
  random(store: KeyStoreRecord, length: number): Promise<Uint8Array>;
  /** What is stored of the password with which the store shall log in. */
  sealPassword(store: Place & { readonly id: string }, password: string): Promise<CredentialRow>;
  /** Whether the store has the password. */
  hasPassword(store: KeyStoreRecord, password: string): Promise<boolean>;
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
