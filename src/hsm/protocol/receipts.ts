/**
 * What an HSM signs for others to keep (docs/formats/hsm-protocol.md): a statement as canonical JSON, ECDSA P-256 with
 * SHA-256 over a fixed prefix and the statement, and the certificates that it is checked with. Receipts are evidence for
 * years, so they are checked at the time that they state.
 */
import { verify, type X509Certificate } from 'node:crypto';
import { bytes, FrameError, Reader, struct, text, Writer } from '../../engine/protocol/codec.ts';
import { checkChain, parseCertificate, untrusted } from './chain.ts';
import type { KeyOrigin, KeyUsage, WrapMechanism } from './values.ts';

export const RECEIPT_PREFIX = 'lockholm-hsm-receipt-v1\0';

interface Stated {
  readonly version: 1;
  readonly clusterId: string;
  readonly hsmId: string;
  /** Who asked. */
  readonly user: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The entry of the HSM's audit log that says the same. */
  readonly audit: number;
}
interface OfKey {
  readonly handle: string;
  /** Of the material, kept by every copy of it. */
  readonly lineage: string;
  readonly origin: KeyOrigin;
  readonly created: number;
}
/** A key left the cluster, wrapped. Hashes are SHA-256, hexadecimal; of an AES wrapping key, its handle is named. */
export interface ExportStatement extends Stated, OfKey {
  readonly type: 'export';
  readonly usage: KeyUsage;
  readonly mechanism: WrapMechanism;
  readonly wrappingHandle: string;
  /** Of the public key (SPKI, DER); absent for an AES wrapping key. */
  readonly wrappingKey?: string;
  readonly wrapped: string;
}
/** The material was erased on `erased`; members that were not reached erase it when they come back. */
export interface DeletionStatement extends Stated, OfKey {
  readonly type: 'deletion';
  readonly erased: readonly string[];
  readonly notReached: readonly string[];
}
/** `discarded`: the new password is a random value that the HSM threw away. */
export interface PasswordStatement extends Stated {
  readonly type: 'password';
  readonly ofUser: string;
  readonly discarded: boolean;
  readonly changed: readonly string[];
  readonly notReached: readonly string[];
}
/** An administrator let an HSM join, by the fingerprint of its identity key. `user` is empty when the host did. */
export interface ApprovalStatement extends Stated {
  readonly type: 'approval';
  readonly member: string;
  readonly identity: string;
}
export type Statement = ExportStatement | DeletionStatement | PasswordStatement | ApprovalStatement;

const form = struct({ statement: text, certificate: text, clusterCertificate: text, signature: bytes });

export interface SignedReceipt {
  readonly statement: string;
  readonly certificate: string;
  readonly clusterCertificate: string;
  readonly signature: Uint8Array;
}

export function encodeReceipt(receipt: SignedReceipt): Buffer {
  const writer = new Writer();
  form.write(writer, receipt);
  return writer.take();
}

/** What the receipt states, if an HSM under the anchor signed it. Throws `untrusted`. */
export function readReceipt(encoded: Uint8Array, anchor: X509Certificate): Statement {
  const { statement, certificate, clusterCertificate, signature } = decodeReceipt(encoded);
  const hsm = parseCertificate(certificate);
  const signed = Buffer.from(RECEIPT_PREFIX + statement);
  if (!verify('sha256', signed, hsm.publicKey, signature)) throw untrusted('the signature does not hold');
  const stated = JSON.parse(statement) as Statement;
  const who = checkChain(hsm, parseCertificate(clusterCertificate), anchor, stated.time);
  if (who.use !== 'active' || who.hsmId !== stated.hsmId || who.clusterId !== stated.clusterId)
    throw untrusted('the receipt names another HSM than the one that signed it');
  return stated;
}

/** Without checking anything. Throws `untrusted` for what has another form. */
export function decodeReceipt(encoded: Uint8Array): SignedReceipt {
  const reader = new Reader(Buffer.from(encoded));
  try {
    const receipt = form.read(reader);
    reader.end();
    return receipt;
  } catch (error) {
    if (error instanceof FrameError) throw untrusted('this is no receipt');
    throw error;
  }
}
