/** What a request to import may say (KMS API reference, "GetParametersForImport" and "ImportKeyMaterial"). */
import { DAY_MS } from '../../core/clock.ts';
import type { GetParametersForImportRequest, ImportKeyMaterialRequest } from '../../core/shapes/kms.ts';
import { EngineError } from '../../engine/protocol/messages.ts';
import type { Wrapping } from '../backend.ts';
import { incorrectKeyMaterial, invalidCiphertext, unsupported, validation } from '../errors.ts';
import type { KeyRecord } from '../key.ts';

const LONGEST_MS = 365 * DAY_MS;

/** Those that AWS knows, and whether they are here. RSAES_PKCS1_V1_5 is nowhere since 2023. */
export const wrappingAlgorithms: ReadonlyMap<string, boolean> = new Map([
  ['RSAES_OAEP_SHA_256', true],
  ['RSA_AES_KEY_WRAP_SHA_256', true],
  ['RSAES_OAEP_SHA_1', false],
  ['RSA_AES_KEY_WRAP_SHA_1', false],
  ['RSAES_PKCS1_V1_5', false],
  ['SM2PKE', false],
]);
export const wrappingKeySpecs: ReadonlyMap<string, boolean> = new Map([
  ['RSA_2048', true],
  ['RSA_3072', true],
  ['RSA_4096', true],
  ['SM2', false],
]);

export function requireWrapping(input: GetParametersForImportRequest): Wrapping {
  const { WrappingAlgorithm: algorithm, WrappingKeySpec: keySpec } = input;
  if (wrappingAlgorithms.get(algorithm) !== true)
    throw unsupported(`The wrapping algorithm ${algorithm} is not supported.`);
  if (wrappingKeySpecs.get(keySpec) !== true)
    throw unsupported(`The wrapping key spec ${keySpec} is not supported.`);
  return { algorithm, keySpec } as Wrapping;
}

/** When the material is to expire; undefined when never. */
export function requireValidTo(
  { ExpirationModel: model = 'KEY_MATERIAL_EXPIRES', ValidTo: validTo }: ImportKeyMaterialRequest,
  time: number,
): number | undefined {
  if (model === 'KEY_MATERIAL_DOES_NOT_EXPIRE') {
    if (validTo === undefined) return undefined;
    throw validation('A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE');
  }
  // As recorded from AWS.
  if (validTo === undefined)
    throw validation('A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES');
  if (validTo <= time || validTo > time + LONGEST_MS)
    throw validation('The validTo date must be in the future, and at most 365 days from now');
  return validTo;
}

/** Which material the key expects, by id: one that it had, or one that it never had. */
export interface Expected {
  readonly known: readonly string[];
  readonly existing: boolean;
}

export function expectedMaterial(input: ImportKeyMaterialRequest, { materials }: KeyRecord): Expected {
  const known = materials.map(({ id }) => id);
  const existing = (input.ImportType ?? defaultType(known)) === 'EXISTING_KEY_MATERIAL';
  const named = input.KeyMaterialId;
  if (named === undefined) return { known, existing };
  if (!existing)
    throw validation('You cannot specify KeyMaterialId when the ImportType is NEW_KEY_MATERIAL.');
  return { known: known.filter((id) => id === named), existing };
}

const defaultType = (known: readonly string[]) =>
  known.length === 0 ? 'NEW_KEY_MATERIAL' : 'EXISTING_KEY_MATERIAL';

/** The engine's refusals as AWS names them. */
export async function importing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.code === 'invalid-ciphertext') throw invalidCiphertext();
    if (error.code === 'incorrect-material')
      throw incorrectKeyMaterial(
        'The key material has the wrong size, or is not what the ImportType and the KeyMaterialId expect.',
      );
    throw error;
  }
}
