/**
 * What GetParametersForImport gives out beside the public key (docs/formats/import-token.md). It holds no secret: it
 * says which import key of the KMS key is meant, for which wrapping and until when, and is authenticated together
 * with the name of the KMS key, which is not in it.
 *
 *   u8  version 1
 *   u8  wrapping key spec (index into keySpecs, from 1)
 *   u8  wrapping algorithm (index into algorithms, from 1)
 *   u64 valid to, milliseconds since 1970
 *   32  SHA-256 of the public key (SPKI, DER)
 *   33  MAC
 */
import type { Wrapping } from './backend.ts';

const VERSION = 1;
const HASH_AT = 11;
const CONTENT_SIZE = HASH_AT + 32;
const MAC_SIZE = 33;

const keySpecs: readonly Wrapping['keySpec'][] = ['RSA_2048', 'RSA_3072', 'RSA_4096'];
const algorithms: readonly Wrapping['algorithm'][] = ['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256'];

export interface ImportTokenFacts extends Wrapping {
  /** Milliseconds since the epoch. */
  readonly validTo: number;
  /** 64 hexadecimal digits. */
  readonly publicKeyHash: string;
}

/** Without its MAC. */
export function encodeImportToken(facts: ImportTokenFacts): Buffer {
  const out = Buffer.alloc(CONTENT_SIZE);
  out[0] = VERSION;
  out[1] = keySpecs.indexOf(facts.keySpec) + 1;
  out[2] = algorithms.indexOf(facts.algorithm) + 1;
  out.writeBigUInt64BE(BigInt(facts.validTo), 3);
  out.write(facts.publicKeyHash, HASH_AT, 'hex');
  return out;
}

/** Undefined when it is none. What it says is nothing until its MAC is checked. */
export function parseImportToken(token: Uint8Array) {
  const buffer = Buffer.from(token.buffer, token.byteOffset, token.byteLength);
  if (buffer.length !== CONTENT_SIZE + MAC_SIZE || buffer[0] !== VERSION) return undefined;
  const keySpec = keySpecs[(buffer[1] ?? 0) - 1];
  const algorithm = algorithms[(buffer[2] ?? 0) - 1];
  const validTo = Number(buffer.readBigUInt64BE(3));
  if (keySpec === undefined || algorithm === undefined || !Number.isSafeInteger(validTo)) return undefined;
  const publicKeyHash = buffer.toString('hex', HASH_AT, CONTENT_SIZE);
  const facts: ImportTokenFacts = { keySpec, algorithm, validTo, publicKeyHash };
  return { facts, content: buffer.subarray(0, CONTENT_SIZE), mac: buffer.subarray(CONTENT_SIZE) };
}
