/** Key material on its way into KMS (docs/byok.md). */
import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { GetParametersForImportCommand, ImportKeyMaterialCommand, type KMSClient } from '@aws-sdk/client-kms';

export interface WrappingKey {
  readonly algorithm: 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_256';
  /** SPKI, DER. */
  readonly publicKey: Uint8Array;
  readonly token: Uint8Array;
}

export async function wrappingKeyFor(
  kms: KMSClient,
  keyId: string,
  algorithm: WrappingKey['algorithm'],
): Promise<WrappingKey> {
  const input = { KeyId: keyId, WrappingAlgorithm: algorithm, WrappingKeySpec: 'RSA_3072' } as const;
  const { PublicKey, ImportToken } = await kms.send(new GetParametersForImportCommand(input));
  if (PublicKey === undefined || ImportToken === undefined) throw new Error('no parameters for the import');
  return { algorithm, publicKey: PublicKey, token: ImportToken };
}

/** For RSAES_OAEP_SHA_256. */
export function wrapForImport({ publicKey }: WrappingKey, material: Uint8Array): Buffer {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, material);
}

export async function importInto(
  kms: KMSClient,
  keyId: string,
  { token }: WrappingKey,
  wrapped: Uint8Array,
): Promise<void> {
  await kms.send(
    new ImportKeyMaterialCommand({
      KeyId: keyId,
      ImportToken: token,
      EncryptedKeyMaterial: wrapped,
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    }),
  );
}
