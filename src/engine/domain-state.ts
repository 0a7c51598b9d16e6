/**
 * The domain state and the blob that holds it, sealed under the root key (docs/formats/domain-state.md):
 *
 *   4   magic "LHDS"
 *   u8  format version 1
 *   u64 epoch
 *   12  nonce
 *   n   AES-256-GCM of the records, AAD = the 25 bytes before
 *   16  tag
 *
 * A record is u16 tag, u32 length, value. Unknown tags are refused: to drop what a newer version keeps in
 * the state would destroy it at the next proposal.
 */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { GCM_NONCE_SIZE, GCM_TAG_SIZE, gcmOpen, gcmSeal } from './gcm.ts';
import { derive, kdfLabel } from './kdf.ts';

export interface DomainKey {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly key: KeyObject;
}

export interface DomainState {
  /** From 1 on. */
  readonly epoch: number;
  readonly keys: ReadonlyMap<number, DomainKey>;
  readonly current: DomainKey;
  readonly rowKey: KeyObject;
  readonly materialIdKey: KeyObject;
  readonly fingerprintKey: KeyObject;
}

const MAGIC = Buffer.from('LHDS');
const VERSION = 1;
const HEADER_SIZE = 25;
const KEY_SIZE = 32;
const DOMAIN_KEY_SIZE = 4 + 8 + KEY_SIZE;
const tags = { domainKey: 1, currentKey: 2, rowKey: 3, materialIdKey: 4, fingerprintKey: 5 } as const;
const sealLabel = kdfLabel('lockholm/domain-state/1', 0);
const NO_CONTEXT = Buffer.alloc(0);

export const newSecret = (): KeyObject => {
  const raw = randomBytes(KEY_SIZE);
  const key = createSecretKey(raw);
  raw.fill(0);
  return key;
};

export function newDomainState(created: number): DomainState {
  const current = { id: 1, created, key: newSecret() };
  return {
    epoch: 1,
    keys: new Map([[1, current]]),
    current,
    rowKey: newSecret(),
    materialIdKey: newSecret(),
    fingerprintKey: newSecret(),
  };
}

export function sealDomainState(root: KeyObject, state: DomainState, nonce: Uint8Array): Buffer {
  const records = encodeRecords(state);
  const blob = Buffer.alloc(HEADER_SIZE + records.length + GCM_TAG_SIZE);
  MAGIC.copy(blob);
  blob[4] = VERSION;
  blob.writeBigUInt64BE(BigInt(state.epoch), 5);
  blob.set(nonce, 13);
  const key = derive(root, sealLabel, NO_CONTEXT);
  gcmSeal(key, nonce, blob.subarray(0, HEADER_SIZE), records, blob, HEADER_SIZE);
  key.fill(0);
  records.fill(0);
  return blob;
}

/** Undefined when the blob is altered, of another format, or sealed under another root key. */
export function openDomainState(root: KeyObject, blob: Uint8Array): DomainState | undefined {
  const buffer = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (buffer.length < HEADER_SIZE + GCM_TAG_SIZE) return undefined;
  if (!buffer.subarray(0, 4).equals(MAGIC) || buffer[4] !== VERSION) return undefined;
  const epoch = Number(buffer.readBigUInt64BE(5));
  const nonce = buffer.subarray(13, 13 + GCM_NONCE_SIZE);
  const key = derive(root, sealLabel, NO_CONTEXT);
  const records = gcmOpen(key, nonce, buffer.subarray(0, HEADER_SIZE), buffer.subarray(HEADER_SIZE));
  key.fill(0);
  if (records === undefined) return undefined;
  const state = Number.isSafeInteger(epoch) && epoch > 0 ? decodeRecords(epoch, records) : undefined;
  records.fill(0);
  return state;
}

function encodeRecords(state: DomainState): Buffer {
  const parts: Buffer[] = [];
  const record = (tag: number, value: Buffer): void => {
    const head = Buffer.alloc(6);
    head.writeUInt16BE(tag, 0);
    head.writeUInt32BE(value.length, 2);
    parts.push(head, value);
  };
  for (const { id, created, key } of state.keys.values()) {
    const value = Buffer.alloc(DOMAIN_KEY_SIZE);
    value.writeUInt32BE(id, 0);
    value.writeBigUInt64BE(BigInt(created), 4);
    const raw = key.export();
    value.set(raw, 12);
    raw.fill(0);
    record(tags.domainKey, value);
  }
  const current = Buffer.alloc(4);
  current.writeUInt32BE(state.current.id);
  record(tags.currentKey, current);
  record(tags.rowKey, state.rowKey.export());
  record(tags.materialIdKey, state.materialIdKey.export());
  record(tags.fingerprintKey, state.fingerprintKey.export());
  const out = Buffer.concat(parts);
  for (const part of parts) part.fill(0);
  return out;
}

function decodeRecords(epoch: number, records: Buffer): DomainState | undefined {
  const keys = new Map<number, DomainKey>();
  const single = new Map<number, Buffer>();
  let at = 0;
  while (at < records.length) {
    if (records.length - at < 6) return undefined;
    const tag = records.readUInt16BE(at);
    const end = at + 6 + records.readUInt32BE(at + 2);
    if (end > records.length) return undefined;
    const value = records.subarray(at + 6, end);
    at = end;
    if (tag !== tags.domainKey) {
      if (single.has(tag)) return undefined;
      single.set(tag, value);
      continue;
    }
    if (value.length !== DOMAIN_KEY_SIZE) return undefined;
    const id = value.readUInt32BE(0);
    if (keys.has(id)) return undefined;
    const created = Number(value.readBigUInt64BE(4));
    keys.set(id, { id, created, key: createSecretKey(value.subarray(12)) });
  }
  return assemble(epoch, keys, single);
}

function assemble(
  epoch: number,
  keys: ReadonlyMap<number, DomainKey>,
  single: ReadonlyMap<number, Buffer>,
): DomainState | undefined {
  const secret = (tag: number): KeyObject | undefined => {
    const raw = single.get(tag);
    return raw?.length === KEY_SIZE ? createSecretKey(raw) : undefined;
  };
  const currentId = single.get(tags.currentKey);
  const current = currentId?.length === 4 ? keys.get(currentId.readUInt32BE(0)) : undefined;
  const rowKey = secret(tags.rowKey);
  const materialIdKey = secret(tags.materialIdKey);
  const fingerprintKey = secret(tags.fingerprintKey);
  if (single.size !== 4 || !current || !rowKey || !materialIdKey || !fingerprintKey) return undefined;
  return { epoch, keys, current, rowKey, materialIdKey, fingerprintKey };
}
