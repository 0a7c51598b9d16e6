/** The superblock (docs/formats/hsm-store.md): what an HSM knows of itself before its storage key is opened. */
import { createHash, createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { derive, kdfLabel } from '../../engine/kdf.ts';
import {
  bytes,
  type FieldType,
  FrameError,
  flag,
  list,
  Reader,
  struct,
  text,
  u8,
  u64,
  Writer,
} from '../../engine/protocol/codec.ts';
import { readAt, writeAt } from './file.ts';

const superblock = struct({
  version: u8,
  generation: u64,
  clusterId: text,
  hsmId: text,
  mode: u8,
  tamperAnswer: u8,
  zeroized: flag,
  /** Private key of the certificate that a locked HSM shows, sealed by the host's secret. */
  lockedKey: bytes,
  /** PEM, empty before initialization. */
  lockedCertificate: text,
  clusterCertificate: text,
  trustAnchor: text,
  /** Of the storage key; `kind` indexes wrapKinds. */
  wraps: list(struct({ kind: u8, data: bytes })),
  /** SHA-256 of what the wraps were made from: where the cluster's says otherwise, the store is to be written anew. */
  opensWith: bytes,
  log: struct({ start: u64, end: u64, records: u64, tag: bytes }),
  audit: struct({ sequence: u64, hash: text }),
  mac: bytes,
});
export type Superblock = FieldType<typeof superblock>;

export const SUPERBLOCK_VERSION = 1;
const MAGIC = Buffer.from('LKHSMSB1');
const BODY_AT = MAGIC.length + 4;
const HASH_SIZE = 32;
const MAX_SLOT = 64 * 1024;
const macLabel = kdfLabel('lockholm/hsm-superblock/1', 0);

/** Undefined when the slot holds no whole superblock. */
export function readSlot(fd: number): Superblock | undefined {
  const slot = readAt(fd, 0, MAX_SLOT);
  if (slot.length < BODY_AT + HASH_SIZE || !slot.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const end = BODY_AT + slot.readUInt32BE(MAGIC.length);
  if (end + HASH_SIZE > slot.length) return undefined;
  const hash = createHash('sha256').update(slot.subarray(0, end)).digest();
  if (!hash.equals(slot.subarray(end, end + HASH_SIZE))) return undefined;
  return decode(slot, end);
}

/** With the storage key: authenticated. What was written. */
export function writeSlot(
  fd: number,
  block: Omit<Superblock, 'mac'>,
  storageKey: KeyObject | undefined,
): Superblock {
  const mac = storageKey === undefined ? Buffer.alloc(0) : macOf(block, storageKey);
  const written = { ...block, mac };
  const body = encode(written);
  const slot = Buffer.alloc(BODY_AT + body.length);
  MAGIC.copy(slot);
  slot.writeUInt32BE(body.length, MAGIC.length);
  body.copy(slot, BODY_AT);
  writeAt(fd, 0, Buffer.concat([slot, createHash('sha256').update(slot).digest()]));
  return written;
}

export function isAuthentic(block: Superblock, storageKey: KeyObject): boolean {
  const mac = macOf(block, storageKey);
  return mac.length === block.mac.length && timingSafeEqual(mac, block.mac);
}

function macOf(block: Omit<Superblock, 'mac'>, storageKey: KeyObject): Buffer {
  const key = derive(storageKey, macLabel, Buffer.alloc(0));
  const mac = createHmac('sha256', key)
    .update(encode({ ...block, mac: Buffer.alloc(0) }))
    .digest();
  key.fill(0);
  return mac;
}

function encode(block: Superblock): Buffer {
  const writer = new Writer();
  superblock.write(writer, block);
  return writer.take();
}

function decode(slot: Buffer, end: number): Superblock | undefined {
  const reader = new Reader(slot, BODY_AT, end);
  try {
    const block = superblock.read(reader);
    reader.end();
    return block.version === SUPERBLOCK_VERSION ? block : undefined;
  } catch (error) {
    if (error instanceof FrameError) return undefined;
    throw error;
  }
}
