/**
 * The clear header of a ciphertext of SYMMETRIC_DEFAULT, which names scheme, key and material so that Decrypt
 * needs no KeyId. Authenticated: the whole header is associated data. Layout (docs/formats/ciphertext.md):
 *
 *   u8  scheme       1 = material held by the engine, 2 = material held by an HSM
 *   u8  key id form  0 = UUID, 1 = multi-Region (mrk-)
 *   6   account      48-bit big-endian integer
 *   16  key id
 *   32  key material id
 *   16  nonce        random; selects the message key (SP 800-108r1 counter mode)
 *   n   ciphertext   AES-256-GCM
 *   16  tag
 *
 * In scheme 2 what comes before the nonce is associated data, and the rest is what the HSM sealed.
 */
export const SCHEME_ENGINE = 1;
export const SCHEME_HSM = 2;
export const HEADER_SIZE = 72;
const NONCE_SIZE = 16;
/** Bytes before the nonce. */
export const NAME_SIZE = HEADER_SIZE - NONCE_SIZE;
export const TAG_SIZE = 16;

export interface CiphertextHeader {
  readonly account: string;
  readonly keyId: string;
  readonly materialId: string;
}

export interface ParsedHeader extends CiphertextHeader {
  readonly scheme: typeof SCHEME_ENGINE | typeof SCHEME_HSM;
}

export function encodeHeader(header: CiphertextHeader, nonce: Uint8Array): Buffer {
  return Buffer.concat([encodeName(SCHEME_ENGINE, header), nonce]);
}

/** The header up to the nonce. */
export function encodeName(scheme: ParsedHeader['scheme'], header: CiphertextHeader): Buffer {
  const out = Buffer.allocUnsafe(NAME_SIZE);
  const multiRegion = header.keyId.startsWith('mrk-');
  out[0] = scheme;
  out[1] = multiRegion ? 1 : 0;
  out.writeUIntBE(Number(header.account), 2, 6);
  out.write(multiRegion ? header.keyId.slice(4) : header.keyId.replaceAll('-', ''), 8, 'hex');
  out.write(header.materialId, 24, 'hex');
  return out;
}

/** Undefined when the bytes are no ciphertext of a scheme known here. */
export function parseHeader(blob: Uint8Array): ParsedHeader | undefined {
  const buffer = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const scheme = buffer[0];
  if (buffer.length <= HEADER_SIZE + TAG_SIZE || (scheme !== SCHEME_ENGINE && scheme !== SCHEME_HSM))
    return undefined;
  const form = buffer[1];
  const account = buffer.readUIntBE(2, 6);
  if (form === undefined || form > 1 || account > 999_999_999_999) return undefined;
  const hex = buffer.toString('hex', 8, 24);
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return {
    scheme,
    account: String(account).padStart(12, '0'),
    keyId: form === 1 ? `mrk-${hex}` : uuid,
    materialId: buffer.toString('hex', 24, 56),
  };
}
