/**
 * What a token is bound to: the associated data of its encryption. Encoded as u8 version, then each field in
 * this order as u8 length and UTF-8 bytes. Written down in docs/formats/token.md.
 */
import { FrameError } from './codec.ts';

export const tokenKinds = [
  'key-material',
  'access-key-secret',
  'import-key',
  's3-root',
  'store-credential',
] as const;
export type TokenKind = (typeof tokenKinds)[number];

export interface Binding {
  readonly kind: TokenKind;
  readonly partition: string;
  readonly account: string;
  /** `*` for a multi-Region key and for what belongs to no Region. */
  readonly region: string;
  /** KMS key id, access key id, or custom key store id. */
  readonly keyId: string;
  /** 64 hexadecimal digits, or empty. Of an import key: SHA-256 of its public key (SPKI, DER). */
  readonly materialId: string;
  /** Of an import key: the wrapping key spec. */
  readonly keySpec: string;
  /** Of an import key: the wrapping algorithm. Of a store's credential: the user that it logs in as. */
  readonly usage: string;
  readonly origin: string;
}

export const bindingFields = [
  'kind',
  'partition',
  'account',
  'region',
  'keyId',
  'materialId',
  'keySpec',
  'usage',
  'origin',
] as const satisfies readonly (keyof Binding)[];

const VERSION = 1;

export function encodeBinding(binding: Binding): Buffer {
  const parts: Buffer[] = [Buffer.of(VERSION)];
  for (const name of bindingFields) {
    const value = Buffer.from(binding[name]);
    if (value.length > 255) throw new RangeError(`binding field ${name} is longer than 255 bytes`);
    parts.push(Buffer.of(value.length), value);
  }
  return Buffer.concat(parts);
}

export function decodeBinding(encoded: Uint8Array): Binding {
  const buffer = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  if (buffer[0] !== VERSION) throw new FrameError('unknown binding version');
  const out: Record<string, string> = {};
  let at = 1;
  for (const name of bindingFields) {
    const size = buffer[at];
    if (size === undefined || at + 1 + size > buffer.length) throw new FrameError('truncated binding');
    out[name] = buffer.toString('utf8', at + 1, at + 1 + size);
    at += 1 + size;
  }
  if (at !== buffer.length) throw new FrameError('bytes left over after a binding');
  if (!tokenKinds.includes(out.kind as TokenKind)) throw new FrameError('unknown token kind');
  return out as unknown as Binding;
}
