/** What opens the storage key of an HSM, and the key of a backup (docs/formats/hsm-store.md, "Wraps"). */
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { GCM_NONCE_SIZE, GCM_TAG_SIZE, gcmOpen, gcmSeal } from '../engine/gcm.ts';
import { derive, kdfLabel } from '../engine/kdf.ts';

export const wrapKinds = ['unlock-code', 'host-secret'] as const;
export interface Wrap {
  readonly kind: number;
  readonly data: Uint8Array;
}

const X25519_SIZE = 32;
/** RFC 8410, section 7: PrivateKeyInfo of an X25519 key, before its 32 bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
/** RFC 8410, section 4: SubjectPublicKeyInfo, before its 32 bytes. */
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const FIXED_NONCE = Buffer.alloc(GCM_NONCE_SIZE);
const NOTHING = Buffer.alloc(0);
const hostLabel = kdfLabel('lockholm/hsm-host/1', 0);

/** X25519 from the 16 bytes of an unlock code, which have all their entropy: no stretching is needed. */
export function unlockKeyOf(code: Buffer): KeyObject {
  const scalar = Buffer.from(hkdfSync('sha256', code, NOTHING, 'lockholm/hsm-unlock-code/1', X25519_SIZE));
  const der = Buffer.concat([PKCS8_PREFIX, scalar]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  scalar.fill(0);
  der.fill(0);
  return key;
}

/** 32 bytes, as stored. */
export const publicUnlockKey = (key: KeyObject): Buffer => rawPublic(createPublicKey(key));

export function wrapToUnlockKey(unlockKey: Uint8Array, secret: KeyObject): Wrap {
  const ephemeral = generateKeyPairSync('x25519');
  const theirs = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, unlockKey]),
    format: 'der',
    type: 'spki',
  });
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: theirs });
  const ours = rawPublic(ephemeral.publicKey);
  return {
    kind: wrapKinds.indexOf('unlock-code'),
    data: Buffer.concat([ours, sealAndErase(wrapKey(shared, ours, unlockKey), FIXED_NONCE, secret.export())]),
  };
}

export function openWithUnlockKey({ data }: Wrap, key: KeyObject): KeyObject | undefined {
  const ours = Buffer.from(data.subarray(0, X25519_SIZE));
  if (ours.length !== X25519_SIZE) return undefined;
  const theirs = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, ours]), format: 'der', type: 'spki' });
  const shared = diffieHellman({ privateKey: key, publicKey: theirs });
  return handle(
    gcmOpen(wrapKey(shared, ours, publicUnlockKey(key)), FIXED_NONCE, NOTHING, data.subarray(X25519_SIZE)),
  );
}

export const wrapToHost = (hostSecret: KeyObject, secret: KeyObject): Wrap => ({
  kind: wrapKinds.indexOf('host-secret'),
  data: sealToHost(hostSecret, secret.export()),
});

export const openWithHost = (hostSecret: KeyObject, { data }: Wrap): KeyObject | undefined =>
  handle(openFromHost(hostSecret, data));

/** Erases `secret`. */
export function sealToHost(hostSecret: KeyObject, secret: Buffer): Buffer {
  const key = createSecretKey(derive(hostSecret, hostLabel, NOTHING));
  const nonce = randomBytes(GCM_NONCE_SIZE);
  return Buffer.concat([nonce, sealAndErase(key, nonce, secret)]);
}

export function openFromHost(hostSecret: KeyObject, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < GCM_NONCE_SIZE + GCM_TAG_SIZE) return undefined;
  const key = createSecretKey(derive(hostSecret, hostLabel, NOTHING));
  return gcmOpen(key, sealed.subarray(0, GCM_NONCE_SIZE), NOTHING, sealed.subarray(GCM_NONCE_SIZE));
}

/** RFC 5869. Both public keys are bound in, so that a wrap belongs to one unlock key. */
function wrapKey(shared: Buffer, ephemeral: Uint8Array, unlockKey: Uint8Array): KeyObject {
  const salt = Buffer.concat([ephemeral, unlockKey]);
  const raw = Buffer.from(hkdfSync('sha256', shared, salt, 'lockholm/hsm-unlock/1', 32));
  shared.fill(0);
  const key = createSecretKey(raw);
  raw.fill(0);
  return key;
}

function sealAndErase(key: KeyObject, nonce: Buffer, secret: Buffer): Buffer {
  const out = Buffer.alloc(secret.length + GCM_TAG_SIZE);
  gcmSeal(key, nonce, NOTHING, secret, out, 0);
  secret.fill(0);
  return out;
}

function handle(raw: Buffer | undefined): KeyObject | undefined {
  if (raw === undefined) return undefined;
  const key = createSecretKey(raw);
  raw.fill(0);
  return key;
}

const rawPublic = (key: KeyObject): Buffer =>
  key.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length);
