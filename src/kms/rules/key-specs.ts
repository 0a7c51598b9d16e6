/**
 * Key specs and the usages that AWS allows for each (KMS API reference, "CreateKey", KeyUsage), as rows; `built`
 * says which of them keys can be made of here.
 */
import { unsupported, validation } from '../errors.ts';

interface SpecRow {
  readonly usages: readonly string[];
  readonly built: boolean;
}

const SIGN: readonly string[] = ['SIGN_VERIFY'];
const row = (usages: readonly string[], built = false): SpecRow => ({ usages, built });
const rsa = row(['ENCRYPT_DECRYPT', 'SIGN_VERIFY']);
const nist = row(['SIGN_VERIFY', 'KEY_AGREEMENT']);
const hmac = row(['GENERATE_VERIFY_MAC']);
const kem = row(['ENCAPSULATE_DECAPSULATE']);

export const keySpecs: ReadonlyMap<string, SpecRow> = new Map([
  ['SYMMETRIC_DEFAULT', row(['ENCRYPT_DECRYPT'], true)],
  ...['RSA_2048', 'RSA_3072', 'RSA_4096'].map((spec) => [spec, rsa] as const),
  ...['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521'].map((spec) => [spec, nist] as const),
  ...['ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519'].map((spec) => [spec, row(SIGN)] as const),
  ...['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87'].map((spec) => [spec, row(SIGN)] as const),
  ...['HMAC_224', 'HMAC_256', 'HMAC_384', 'HMAC_512'].map((spec) => [spec, hmac] as const),
  ...['ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'].map((spec) => [spec, kem] as const),
  ['SM2', row(['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'KEY_AGREEMENT'])],
]);

export function requireSpecAndUsage(spec: string, usage: string | undefined): void {
  const known = keySpecs.get(spec);
  if (usage === undefined && spec !== 'SYMMETRIC_DEFAULT')
    throw validation(
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    );
  if (known === undefined || (usage !== undefined && !known.usages.includes(usage)))
    throw validation(`KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
  if (!known.built) throw unsupported(`Keys of spec ${spec} are not supported yet.`);
}
