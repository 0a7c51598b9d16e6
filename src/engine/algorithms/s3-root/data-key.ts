/**
 * Data keys under an S3 root (docs/formats/stored-object.md, "Data keys under an S3 root"). Each has a key of its
 * own, derived from the root and a random 128-bit nonce; AES-256-GCM under it uses one fixed nonce, which is sound
 * because it seals one data key. Associated data: the header, then the canonical encryption context.
 */
import { GCM_NONCE_SIZE, GCM_TAG_SIZE, gcmOpen, gcmSeal } from '../../gcm.ts';
import { derive, kdfLabel } from '../../kdf.ts';
import type { OpenedToken } from '../../opened-tokens.ts';
import { EngineError } from '../../protocol/messages.ts';
import { requireS3Root } from './rule.ts';

export const DATA_KEY_SIZE = 32;
const SCHEME = 1;
const ROOT_ID_SIZE = 16;
const NONCE_SIZE = 16;
const NONCE_AT = 1 + ROOT_ID_SIZE;
const HEADER_SIZE = NONCE_AT + NONCE_SIZE;
const WRAPPED_SIZE = HEADER_SIZE + DATA_KEY_SIZE + GCM_TAG_SIZE;
const label = kdfLabel('lockholm/s3-root/1', NONCE_SIZE);
const FIXED_NONCE = Buffer.alloc(GCM_NONCE_SIZE);

/** `nonce` MUST never have been used with this root. */
export function wrapDataKey(
  root: OpenedToken,
  nonce: Uint8Array,
  dataKey: Uint8Array,
  context: Uint8Array,
): Buffer {
  requireS3Root(root.binding);
  const wrapped = Buffer.allocUnsafe(WRAPPED_SIZE);
  wrapped[0] = SCHEME;
  wrapped.write(rootId(root), 1, 'hex');
  wrapped.set(nonce, NONCE_AT);
  const key = derive(root.secret, label, nonce);
  gcmSeal(key, FIXED_NONCE, associatedData(wrapped, context), dataKey, wrapped, HEADER_SIZE);
  key.fill(0);
  return wrapped;
}

/** The data key, the caller's to erase. Throws `invalid-ciphertext`, whatever the cause. */
export function unwrapDataKey(root: OpenedToken, bytes: Uint8Array, context: Uint8Array): Buffer {
  requireS3Root(root.binding);
  const wrapped = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ours =
    wrapped.length === WRAPPED_SIZE &&
    wrapped[0] === SCHEME &&
    wrapped.toString('hex', 1, NONCE_AT) === rootId(root);
  const dataKey = ours ? open(root, wrapped, context) : undefined;
  if (dataKey === undefined) throw new EngineError('invalid-ciphertext', 'the data key does not unwrap');
  return dataKey;
}

function open(root: OpenedToken, wrapped: Buffer, context: Uint8Array): Buffer | undefined {
  const key = derive(root.secret, label, wrapped.subarray(NONCE_AT, HEADER_SIZE));
  const dataKey = gcmOpen(key, FIXED_NONCE, associatedData(wrapped, context), wrapped.subarray(HEADER_SIZE));
  key.fill(0);
  return dataKey;
}

const rootId = ({ binding }: OpenedToken): string => binding.keyId.replaceAll('-', '');

/** The header has one size, so that header and context cannot be cut in two ways. */
const associatedData = (wrapped: Buffer, context: Uint8Array): Buffer =>
  Buffer.concat([wrapped.subarray(0, HEADER_SIZE), context]);
