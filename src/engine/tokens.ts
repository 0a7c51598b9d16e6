/**
 * Tokens: every stored secret, sealed under a domain key and bound to what it is for (docs/formats/token.md):
 *
 *   u8  format version 1
 *   u8  kind (index into tokenKinds, from 1)
 *   u32 domain key id
 *   12  nonce
 *   n   AES-256-GCM of the secret, AAD = the 6 bytes before the nonce, then the encoded binding
 *   16  tag
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { DomainKey, DomainState } from './domain-state.ts';
import { GCM_NONCE_SIZE, GCM_TAG_SIZE, gcmOpen, gcmSeal } from './gcm.ts';
import { type Binding, decodeBinding, type TokenKind, tokenKinds } from './protocol/binding.ts';
import { EngineError } from './protocol/messages.ts';
import { domainKeyOf } from './protocol/token-header.ts';

const VERSION = 1;
const HEADER_SIZE = 6;
const SECRET_AT = HEADER_SIZE + GCM_NONCE_SIZE;
const OVERHEAD = SECRET_AT + GCM_TAG_SIZE;

const kindNumber = (kind: TokenKind): number => tokenKinds.indexOf(kind) + 1;

/** `binding` is the encoding of one whose kind is `kind`. */
export function sealToken(
  key: DomainKey,
  kind: TokenKind,
  binding: Uint8Array,
  secret: Uint8Array,
  nonce: Uint8Array,
): Buffer {
  const token = Buffer.allocUnsafe(OVERHEAD + secret.length);
  token[0] = VERSION;
  token[1] = kindNumber(kind);
  token.writeUInt32BE(key.id, 2);
  token.set(nonce, HEADER_SIZE);
  gcmSeal(key.key, nonce, associatedData(token, binding), secret, token, SECRET_AT);
  return token;
}

/** What was in the token, the caller's to erase. Throws `wrong-token` and `unknown-domain-key`. */
export function openToken(
  keys: DomainState['keys'],
  kind: TokenKind,
  binding: Uint8Array,
  token: Uint8Array,
): Buffer {
  const buffer = Buffer.from(token.buffer, token.byteOffset, token.byteLength);
  if (buffer.length <= OVERHEAD || buffer[0] !== VERSION || buffer[1] !== kindNumber(kind))
    throw wrongToken();
  const key = keys.get(domainKeyOf(buffer));
  if (key === undefined)
    throw new EngineError('unknown-domain-key', 'the token is under a domain key not held');
  const nonce = buffer.subarray(HEADER_SIZE, SECRET_AT);
  const secret = gcmOpen(key.key, nonce, associatedData(buffer, binding), buffer.subarray(SECRET_AT));
  if (secret === undefined) throw wrongToken();
  return secret;
}

export const wrongToken = (): EngineError =>
  new EngineError('wrong-token', 'the token is altered or bound to something else');

/** The binding of a request. Throws `wrong-token`: bytes that are no binding open no token. */
export function readBinding(encoded: Uint8Array): Binding {
  try {
    return decodeBinding(encoded);
  } catch {
    throw wrongToken();
  }
}

/** Raw bytes into a key handle; the bytes are erased. */
export function keyHandle(raw: Buffer): KeyObject {
  const key = createSecretKey(raw);
  raw.fill(0);
  return key;
}

/** The header has one size, so that header and binding cannot be cut in two ways. */
function associatedData(token: Buffer, binding: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(HEADER_SIZE + binding.length);
  token.copy(out, 0, 0, HEADER_SIZE);
  out.set(binding, HEADER_SIZE);
  return out;
}
