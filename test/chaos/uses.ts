/** Calls of the load that use keys. What they hand out is kept, to be opened again in the end. */
import type { Caller } from './caller.ts';
import type { Key, Sealed } from './model.ts';

/** `plaintext` MUST hold the marker that is searched for in the files. */
export async function encrypt(
  caller: Caller,
  { id: KeyId, arn: keyArn }: Key,
  plaintext: Uint8Array,
): Promise<Sealed | undefined> {
  const context = { purpose: caller.next('used by') };
  const sending = caller.kms.encrypt({ KeyId, Plaintext: plaintext, EncryptionContext: context });
  const answer = await caller.send('Encrypt', sending, { keyArn });
  const ciphertext = answer?.CiphertextBlob;
  return ciphertext && { ciphertext, context, plaintext, keyArn };
}

export async function generateDataKey(caller: Caller, key: Key): Promise<Sealed | undefined> {
  const { id: KeyId, arn: keyArn } = key;
  const context = { purpose: caller.next('data of') };
  const input = { KeyId, KeySpec: 'AES_256', EncryptionContext: context } as const;
  if (caller.random.below(2) === 0) {
    const sending = caller.kms.generateDataKeyWithoutPlaintext(input);
    const answer = await caller.send('GenerateDataKeyWithoutPlaintext', sending, { keyArn });
    const ciphertext = answer?.CiphertextBlob;
    return ciphertext && { ciphertext, context, keyArn };
  }
  const answer = await caller.send('GenerateDataKey', caller.kms.generateDataKey(input), { keyArn });
  const { CiphertextBlob: ciphertext, Plaintext: plaintext } = answer ?? {};
  return ciphertext && plaintext && { ciphertext, context, plaintext, keyArn };
}

/** Both keys MUST be enabled. */
export async function reEncrypt(caller: Caller, sealed: Sealed, to: Key): Promise<Sealed | undefined> {
  const context = { purpose: caller.next('moved by') };
  const sending = caller.kms.reEncrypt({
    CiphertextBlob: sealed.ciphertext,
    SourceEncryptionContext: sealed.context,
    DestinationKeyId: to.id,
    DestinationEncryptionContext: context,
  });
  const answer = await caller.send('ReEncrypt', sending, { keyArn: to.arn });
  const ciphertext = answer?.CiphertextBlob;
  const { plaintext } = sealed;
  return ciphertext && { ciphertext, context, keyArn: to.arn, ...(plaintext !== undefined && { plaintext }) };
}

export async function decrypt(caller: Caller, sealed: Sealed): Promise<void> {
  const { ciphertext, context, keyArn } = sealed;
  const sending = caller.kms.decrypt({ CiphertextBlob: ciphertext, EncryptionContext: context });
  const answer = await caller.send('Decrypt', sending, { keyArn });
  if (answer !== undefined && !opensTo(sealed, answer))
    caller.violated(`a ciphertext of ${keyArn} opened as another`);
}

export const opensTo = (
  { plaintext, keyArn }: Sealed,
  opened: { readonly KeyId?: string | undefined; readonly Plaintext?: Uint8Array | undefined },
): boolean => {
  const { KeyId, Plaintext } = opened;
  if (KeyId !== keyArn || Plaintext === undefined) return false;
  return plaintext === undefined ? Plaintext.length === 32 : Buffer.from(plaintext).equals(Plaintext);
};
