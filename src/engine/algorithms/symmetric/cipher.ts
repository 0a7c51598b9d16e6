/** SYMMETRIC_DEFAULT with opened tokens: whether a token may be used so, and what a ciphertext says it is. */
import { GCM_TAG_SIZE } from '../../gcm.ts';
import type { OpenedToken } from '../../opened-tokens.ts';
import { encodeHeader, HEADER_SIZE } from '../../protocol/ciphertext.ts';
import { EngineError } from '../../protocol/messages.ts';
import type { RandomPool } from '../../random-pool.ts';
import { keySpecOf } from '../key-specs.ts';
import { MESSAGE_NONCE_AT, MESSAGE_NONCE_SIZE, openMessage, sealMessage } from './message.ts';

/** KMS API reference, Encrypt: 1 to 4,096 bytes. */
export const MAX_PLAINTEXT = 4096;
const NO_NONCE = Buffer.alloc(MESSAGE_NONCE_SIZE);

export class SymmetricCipher {
  readonly #random: RandomPool;
  /**
   * The header of a key's ciphertexts, whose nonce is filled in for each. An entry says that the token was
   * checked, and dies with it.
   */
  readonly #headers = new WeakMap<OpenedToken, Buffer>();

  constructor(random: RandomPool) {
    this.#random = random;
  }

  encrypt(token: OpenedToken, plaintext: Uint8Array, context: Uint8Array): Buffer {
    const header = this.#header(token);
    if (plaintext.length < 1 || plaintext.length > MAX_PLAINTEXT) {
      throw new EngineError('refused', 'a plaintext has 1 to 4,096 bytes');
    }
    this.#random.copy(header, MESSAGE_NONCE_AT, MESSAGE_NONCE_SIZE);
    return sealMessage(token.secret, header, plaintext, context);
  }

  /** The plaintext is the caller's to erase. Throws `invalid-ciphertext`, whatever the cause. */
  decrypt(token: OpenedToken, ciphertext: Uint8Array, context: Uint8Array): Buffer {
    const header = this.#header(token);
    const blob = Buffer.from(ciphertext.buffer, ciphertext.byteOffset, ciphertext.byteLength);
    // Scheme, key and material: all of the header before the nonce.
    const ours =
      blob.length > HEADER_SIZE + GCM_TAG_SIZE &&
      blob.compare(header, 0, MESSAGE_NONCE_AT, 0, MESSAGE_NONCE_AT) === 0;
    const plaintext = ours ? openMessage(token.secret, blob, context) : undefined;
    if (plaintext === undefined)
      throw new EngineError('invalid-ciphertext', 'the ciphertext does not decrypt');
    return plaintext;
  }

  #header(token: OpenedToken): Buffer {
    const known = this.#headers.get(token);
    if (known !== undefined) return known;
    const spec = keySpecOf(token.binding);
    if (spec.family !== 'symmetric' || token.secret.symmetricKeySize !== spec.size) {
      throw new EngineError('refused', 'the token holds no material for this');
    }
    const header = encodeHeader(token.binding, NO_NONCE);
    this.#headers.set(token, header);
    return header;
  }
}
