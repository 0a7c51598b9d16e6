/**
 * What a cluster consists of: objects that each member holds a copy of (kinds below 128, docs/formats/hsm-protocol.md,
 * "Members"), and what a member stores for itself. Secrets are held as KeyObjects, and are bytes only on their way
 * to the store, to a peer or into a backup.
 */
import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import {
  bytes,
  type Field,
  type FieldType,
  flag,
  list,
  Reader,
  struct,
  text,
  u8,
  u32,
  u64,
  Writer,
} from '../engine/protocol/codec.ts';

const privateKey: Field<KeyObject> = {
  write(writer, key) {
    const der = key.export({ type: 'pkcs8', format: 'der' });
    bytes.write(writer, der);
    der.fill(0);
  },
  read: (reader) => createPrivateKey({ key: Buffer.from(bytes.read(reader)), format: 'der', type: 'pkcs8' }),
};
/** An AES key, or an RSA public key. */
const material: Field<KeyObject> = {
  write(writer, key) {
    flag.write(writer, key.type === 'secret');
    const raw = key.type === 'secret' ? key.export() : key.export({ type: 'spki', format: 'der' });
    bytes.write(writer, raw);
    raw.fill(0);
  },
  read(reader) {
    const secret = flag.read(reader);
    const raw = Buffer.from(bytes.read(reader));
    const key = secret ? createSecretKey(raw) : createPublicKey({ key: raw, format: 'der', type: 'spki' });
    raw.fill(0);
    return key;
  },
};

/** Kind numbers are part of the format. */
export const kinds = {
  /**
   * One, of id `cluster`. Certificates are empty until initialization, the unlock key (X25519) until activation. The former
   * one opens too, until it is known that somebody has the code of the present one.
   */
  cluster: {
    number: 1,
    value: struct({
      key: privateKey,
      csr: text,
      certificate: text,
      trustAnchor: text,
      unlockKey: bytes,
      formerUnlockKey: bytes,
      mode: u8,
      tamperAnswer: u8,
    }),
  },
  /** By HSM id. `receipt`: of the approval, signed by the HSM where it was given. */
  member: { number: 2, value: struct({ identity: bytes, approvedBy: text, approved: u64, receipt: bytes }) },
  /** By name. A user without `verifier` has a password that was thrown away. `version` names the password. */
  user: { number: 3, value: struct({ role: u8, salt: bytes, verifier: bytes, version: text }) },
  /** By user name: five wrong passwords were given for the password `version`. */
  lock: { number: 4, value: struct({ version: text }) },
  /** By handle. */
  key: {
    number: 5,
    value: struct({
      label: text,
      owner: text,
      usage: u8,
      origin: u8,
      extractable: flag,
      neverExtractable: flag,
      created: u64,
      lineage: text,
      checkValue: bytes,
      material,
    }),
  },
  /** By `<handle>/<user>`. */
  share: { number: 6, value: struct({}) },
  /** By `<handle>/<hash of the wrapped bytes>`. Never removed. */
  export: { number: 7, value: struct({ receipt: bytes }) },
  /** Of this HSM alone: one, of id `identity`. */
  identity: { number: 128, value: struct({ key: privateKey, certificate: text }) },
  /** Of this HSM alone, by user name: wrong passwords since the last right one. */
  attempts: { number: 129, value: struct({ count: u32, version: text }) },
  /** Of this HSM alone, by offset in the log: the record there is overwritten. */
  erased: { number: 130, value: struct({}) },
  /** Of this HSM alone, one, of id `held`: what changes were held when the log was written anew. */
  sequences: {
    number: 131,
    value: struct({ clock: u64, held: list(struct({ origin: text, sequence: u64 })) }),
  },
} as const;

export type KindName = keyof typeof kinds;
export type ValueOf<K extends KindName> = FieldType<(typeof kinds)[K]['value']>;
/** From this number on, kinds are of one HSM alone. */
export const OWN_KINDS = 128;

const byNumber = new Map<number, KindName>(
  (Object.keys(kinds) as KindName[]).map((name) => [kinds[name].number, name]),
);
export const kindOf = (number: number): KindName | undefined => byNumber.get(number);

export function encodeValue<K extends KindName>(kind: K, value: ValueOf<K>): Buffer {
  const writer = new Writer();
  (kinds[kind].value as Field<unknown>).write(writer, value);
  return writer.take();
}

/** Throws FrameError, and what node:crypto throws for a key that is none. */
export function decodeValue<K extends KindName>(kind: K, content: Uint8Array): ValueOf<K> {
  // Bytes in the value outlive the frame that they came in.
  const reader = new Reader(Buffer.from(content));
  const value = (kinds[kind].value as Field<unknown>).read(reader) as ValueOf<K>;
  reader.end();
  return value;
}
