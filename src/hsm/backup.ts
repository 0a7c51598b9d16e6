/**
 * Backups (docs/formats/hsm-store.md, "Backup"): all objects but the members, under a key that is wrapped as the store's
 * is. What was removed is not in them: a restore begins another cluster, that no member with an older change joins.
 */
import { type KeyObject, randomBytes } from 'node:crypto';
import { GCM_NONCE_SIZE, GCM_TAG_SIZE, gcmOpen, gcmSeal } from '../engine/gcm.ts';
import {
  bytes,
  type FieldType,
  FrameError,
  list,
  Reader,
  struct,
  text,
  u8,
  Writer,
} from '../engine/protocol/codec.ts';
import { AES_KEY_SIZE } from './keys.ts';
import { newAesKey } from './message-cipher.ts';
import { kinds } from './objects.ts';
import { HsmError } from './protocol/errors.ts';
import type { Unlocked } from './unlocked.ts';
import { type Change, decodeChanges, encodeChanges } from './vault.ts';
import type { Wrap } from './wraps.ts';

const MAGIC = Buffer.from('LKHSMBK1');
const VERSION = 1;
export const MAX_BACKUP = 64 * 1024 * 1024;
/** As many as a list of a frame may have (docs/formats/engine-frames.md). */
const MAX_OBJECTS = 100_000;
const header = struct({
  version: u8,
  clusterId: text,
  clusterCertificate: text,
  wraps: list(struct({ kind: u8, data: bytes })),
});
const sealedForm = struct({ nonce: bytes, sealed: bytes });

export interface SealedBackup {
  readonly header: FieldType<typeof header>;
  /** All before the nonce: the associated data. */
  readonly aad: Buffer;
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
}

/** Throws `full` for what could not be restored. */
export function makeBackup(hsm: Unlocked, wrapsOf: (key: KeyObject) => readonly Wrap[]): Buffer {
  const changes = hsm.vault
    .lacking(new Map())
    .filter(({ kind, removed }) => kind !== kinds.member.number && !removed);
  if (changes.length > MAX_OBJECTS) throw tooMuch();
  const key = newAesKey(AES_KEY_SIZE);
  const { place } = hsm.parts;
  const head = new Writer();
  const facts = { version: VERSION, clusterId: place.clusterId, clusterCertificate: hsm.cluster.certificate };
  header.write(head, { ...facts, wraps: wrapsOf(key) });
  const aad = Buffer.concat([MAGIC, head.take()]);
  const content = encodeChanges(changes);
  const nonce = randomBytes(GCM_NONCE_SIZE);
  const sealed = Buffer.alloc(content.length + GCM_TAG_SIZE);
  gcmSeal(key, nonce, aad, content, sealed, 0);
  content.fill(0);
  const tail = new Writer();
  sealedForm.write(tail, { nonce, sealed });
  const blob = Buffer.concat([aad, tail.take()]);
  if (blob.length > MAX_BACKUP) throw tooMuch();
  return blob;
}

const tooMuch = (): HsmError =>
  new HsmError('full', 'the cluster holds more than a backup may: 100,000 objects, 64 MiB');

/** Throws `refused`. */
export function parseBackup(blob: Buffer): SealedBackup {
  try {
    if (!blob.subarray(0, MAGIC.length).equals(MAGIC)) throw new FrameError('no backup');
    const reader = new Reader(blob, MAGIC.length);
    const head = header.read(reader);
    const { nonce, sealed } = sealedForm.read(reader);
    reader.end();
    if (head.version !== VERSION) throw new FrameError('another version');
    const tailSize = 8 + nonce.length + sealed.length;
    return { header: head, aad: blob.subarray(0, blob.length - tailSize), nonce, sealed };
  } catch (error) {
    if (error instanceof FrameError) throw new HsmError('refused', 'this is no backup of an HSM');
    throw error;
  }
}

/** Throws `tampered`, `refused`. */
export function openBackup({ aad, nonce, sealed }: SealedBackup, key: KeyObject): readonly Change[] {
  const content = gcmOpen(key, nonce, aad, sealed);
  if (content === undefined) throw new HsmError('tampered', 'the backup is not as it was made');
  try {
    return decodeChanges(content);
  } catch (error) {
    if (error instanceof FrameError) throw new HsmError('refused', 'the backup has another form');
    throw error;
  }
}
