/**
 * KMS keys whose material is in the HSMs of a cluster (docs/formats/ciphertext.md, scheme 2): each use is one call to one
 * HSM, which derives the key of the message itself.
 */
import { timingSafeEqual } from 'node:crypto';
import type { KeyUse } from '../../core/call.ts';
import { NAME_SIZE } from '../../engine/protocol/ciphertext.ts';
import { HsmError } from '../../hsm/protocol/errors.ts';
import type { HsmMaterial, StoreBackend } from '../../kms/backend.ts';
import { reEncryptThrough } from '../../kms/backends/re-encrypt-through.ts';
import { invalidCiphertext, storeInvalidState } from '../../kms/errors.ts';
import type { Connections } from './connections.ts';
import type { Credentials } from './credentials.ts';
import { eraseKey } from './erase-key.ts';
import type { Login } from './login.ts';
import { makeKey } from './make-key.ts';
import { useFailure } from './use-failure.ts';

export interface BackendParts {
  readonly connections: Connections;
  readonly credentials: Credentials;
}

export function hsmBackend({ connections, credentials }: BackendParts): StoreBackend {
  /** What a use asks of the HSM may be asked again: nothing but its counter changes. */
  async function using<T>(material: HsmMaterial, work: (login: Login) => Promise<T>): Promise<T> {
    try {
      const pool = await connections.pool(material.store);
      return await pool.run(work);
    } catch (error) {
      throw useFailure(error, material.keyArn);
    }
  }

  return {
    encrypt(material, plaintext, context) {
      const aad = associatedData(material, context);
      return using(material, async (login) => {
        const request = { handle: material.handle, plaintext, aad };
        const { sealed, uses } = await login.connection.call('kmsEncrypt', request);
        return { ciphertext: ciphertextOf(material, sealed), use: used(material, login, uses) };
      });
    },
    decrypt(material, ciphertext, context) {
      const request = { handle: material.handle, ...opening(material, ciphertext, context), check: false };
      return using(material, async (login) => {
        const { plaintext, uses } = await login.connection.call('kmsDecrypt', request);
        return { plaintext: Buffer.from(plaintext), use: used(material, login, uses) };
      });
    },
    async check(material, ciphertext, context) {
      const request = { handle: material.handle, ...opening(material, ciphertext, context), check: true };
      await using(material, (login) => login.connection.call('kmsDecrypt', request));
    },
    generateDataKey(material, length, context, withPlaintext) {
      const request = {
        handle: material.handle,
        length,
        aad: associatedData(material, context),
        withPlaintext,
      };
      return using(material, async (login) => {
        const { plaintext, sealed, uses } = await login.connection.call('kmsGenerateDataKey', request);
        return {
          plaintext: Buffer.from(plaintext),
          ciphertext: ciphertextOf(material, sealed),
          use: used(material, login, uses),
        };
      });
    },
    async reEncrypt(source, ciphertext, sourceContext, destination, destinationContext) {
      // No HSM has both keys.
      if (!sameStore(source, destination))
        return reEncryptThrough(
          this,
          this,
          source,
          ciphertext,
          sourceContext,
          destination,
          destinationContext,
        );
      const request = {
        handle: source.handle,
        ...opening(source, ciphertext, sourceContext),
        destinationHandle: destination.handle,
        destinationAad: associatedData(destination, destinationContext),
      };
      return using(source, async (login) => {
        const { sealed, uses, destinationUses } = await login.connection.call('kmsReEncrypt', request);
        return {
          ciphertext: ciphertextOf(destination, sealed),
          uses: [used(source, login, uses), used(destination, login, destinationUses)] as const,
        };
      });
    },
    destroy: (material) => eraseKey(material, connections),
    create: (store, keyId) => makeKey(store, keyId, connections),
    async random(store, length) {
      try {
        const pool = await connections.pool(store);
        const reply = await pool.run(({ connection }) => connection.call('random', { length }));
        return Buffer.from(reply.value);
      } catch (error) {
        if (!(error instanceof HsmError)) throw error;
        throw storeInvalidState(`Custom key store ${store.id} cannot be used: ${error.message}.`);
      }
    },
    sealPassword: (store, password) => credentials.seal(store, password),
    async hasPassword(store, password) {
      const kept = await credentials.password(store, 'current');
      return kept !== undefined && equal(kept, password);
    },
  };
}

const used = ({ keyArn, materialId }: HsmMaterial, { session }: Login, counter: number): KeyUse => ({
  keyArn,
  materialId,
  session,
  counter,
});

const associatedData = ({ name }: HsmMaterial, context: Uint8Array): Buffer => Buffer.concat([name, context]);

const ciphertextOf = ({ name }: HsmMaterial, sealed: Uint8Array): Buffer => Buffer.concat([name, sealed]);

/** Throws InvalidCiphertextException for a ciphertext of another key. */
function opening(material: HsmMaterial, ciphertext: Uint8Array, context: Uint8Array) {
  const blob = Buffer.from(ciphertext.buffer, ciphertext.byteOffset, ciphertext.byteLength);
  if (blob.compare(material.name, 0, NAME_SIZE, 0, NAME_SIZE) !== 0) throw invalidCiphertext();
  return { sealed: blob.subarray(NAME_SIZE), aad: associatedData(material, context) };
}

const sameStore = ({ store: a }: HsmMaterial, { store: b }: HsmMaterial): boolean =>
  a.id === b.id && a.account === b.account && a.region === b.region;

function equal(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
