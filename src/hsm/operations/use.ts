/** Use of keys: what every call of a custom key store comes to. Counted, not written one by one. */
import { openData, openMessage, randomBytesOf, sealData, sealMessage } from '../message-cipher.ts';
import { HsmError } from '../protocol/errors.ts';
import { MAX_AAD, MAX_PLAINTEXT } from '../protocol/messages.ts';
import type { Hsm, Operations } from './operation.ts';

type Names =
  | 'encrypt'
  | 'decrypt'
  | 'random'
  | 'kmsEncrypt'
  | 'kmsDecrypt'
  | 'kmsGenerateDataKey'
  | 'kmsReEncrypt';

const MAX_RANDOM = 1024;
/** SP 800-38D, section 8.3: 2^32 in all, so 2^28 on each of the few members that a cluster has. */
const MAX_RANDOM_IVS = 2 ** 28;
const NOTHING = Buffer.alloc(0);

export function useOperations({ hsm, keys }: Hsm): Operations<Names> {
  const { uses } = hsm;

  return {
    encrypt({ handle, plaintext, aad }, { user }) {
      const { material } = keys.forUse(handle, user, 'data');
      requireSizes(plaintext, aad);
      if (uses.total(handle) >= MAX_RANDOM_IVS)
        throw new HsmError('key-usage', 'the key is worn out: make another');
      return { ...sealData(material, plaintext, aad), uses: uses.count(handle) };
    },

    decrypt({ handle, iv, sealed, aad }, { user }) {
      const { material } = keys.forUse(handle, user, 'data');
      requireSizes(sealed, aad);
      return { plaintext: opened(openData(material, iv, sealed, aad)), uses: uses.count(handle) };
    },

    random: ({ length }) => ({ value: randomOf(length) }),

    kmsEncrypt({ handle, plaintext, aad }, { user }) {
      const { material } = keys.forUse(handle, user, 'kms');
      requireSizes(plaintext, aad);
      return { sealed: sealMessage(material, plaintext, aad), uses: uses.count(handle) };
    },

    kmsDecrypt({ handle, sealed, aad, check }, { user }) {
      const { material } = keys.forUse(handle, user, 'kms');
      requireSizes(sealed, aad);
      const plaintext = opened(openMessage(material, sealed, aad));
      if (!check) return { plaintext, uses: uses.count(handle) };
      plaintext.fill(0);
      return { plaintext: NOTHING, uses: 0 };
    },

    kmsGenerateDataKey({ handle, length, aad, withPlaintext }, { user }) {
      const { material } = keys.forUse(handle, user, 'kms');
      requireSizes(NOTHING, aad);
      const plaintext = randomOf(length);
      const sealed = sealMessage(material, plaintext, aad);
      if (!withPlaintext) plaintext.fill(0);
      return { plaintext: withPlaintext ? plaintext : NOTHING, sealed, uses: uses.count(handle) };
    },

    kmsReEncrypt({ handle, sealed, aad, destinationHandle, destinationAad }, { user }) {
      const source = keys.forUse(handle, user, 'kms');
      const destination = keys.forUse(destinationHandle, user, 'kms');
      requireSizes(sealed, aad);
      requireSizes(NOTHING, destinationAad);
      const plaintext = opened(openMessage(source.material, sealed, aad));
      const resealed = sealMessage(destination.material, plaintext, destinationAad);
      plaintext.fill(0);
      return { sealed: resealed, uses: uses.count(handle), destinationUses: uses.count(destinationHandle) };
    },
  };
}

function requireSizes(text: Uint8Array, aad: Uint8Array): void {
  // A sealed text is a little longer than its plaintext.
  if (text.length > MAX_PLAINTEXT + 64 || aad.length > MAX_AAD)
    throw new HsmError('refused', 'a plaintext has at most 512 KiB, associated data 64 KiB');
}

function opened(plaintext: Buffer | undefined): Buffer {
  if (plaintext === undefined) throw new HsmError('invalid-ciphertext', 'the ciphertext does not decrypt');
  return plaintext;
}

function randomOf(length: number): Buffer {
  if (length < 1 || length > MAX_RANDOM) throw new HsmError('refused', 'a length is 1 to 1,024 bytes');
  return randomBytesOf(length);
}
