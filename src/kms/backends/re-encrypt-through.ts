import type { KeyBackend } from '../backend.ts';

type From<Handle> = Pick<KeyBackend<Handle>, 'decrypt'>;
type To<Handle> = Pick<KeyBackend<Handle>, 'encrypt'>;

/** For keys that nobody holds both of: the plaintext passes through here, and is erased at once. */
export async function reEncryptThrough<Source, Destination>(
  from: From<Source>,
  to: To<Destination>,
  source: Source,
  ciphertext: Uint8Array,
  sourceContext: Uint8Array,
  destination: Destination,
  destinationContext: Uint8Array,
): ReturnType<KeyBackend['reEncrypt']> {
  const { plaintext, use } = await from.decrypt(source, ciphertext, sourceContext);
  try {
    const sealed = await to.encrypt(destination, plaintext, destinationContext);
    return { ciphertext: sealed.ciphertext, uses: [use, sealed.use] };
  } finally {
    plaintext.fill(0);
  }
}
