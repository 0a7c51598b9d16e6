/**
 * What host and HSM say to each other over their link (link.ts), in the codes of which neither side's users have a part:
 * the host is the operator's. None of it carries a key in clear, but a backup's key is wrapped as the store's is.
 */
import { bytes, flag, list, struct, text, u8, u32, u64 } from '../../engine/protocol/codec.ts';
import { define, empty } from './define.ts';

/** A place in the store's log: records so far, and the tag of the last one. */
export const position = { records: u64, tag: bytes } as const;

/** How an HSM with an empty store begins; one with a store goes on as what it is. */
export const beginnings = ['first', 'join', 'restore'] as const;
export type Beginning = (typeof beginnings)[number];

/** Asked by the host. */
export const toHsm = {
  /**
   * First, once. `beginning` indexes beginnings; `mode` is for the first HSM of a cluster. `mark`: the last one that
   * this HSM gave, with `records` 0 when there is none: an older store halts. `others`: for each other member of the
   * cluster the last `changes` that it marked: until this HSM has them it is `behind`. `verifyMs`: a key used later
   * than this after its record was last read is read and verified again first.
   */
  start: define(
    1,
    struct({
      clusterId: text,
      hsmId: text,
      beginning: u8,
      mode: u8,
      mark: struct(position),
      others: list(struct({ hsmId: text, changes: u64 })),
      verifyMs: u32,
    }),
    empty,
  ),
  /**
   * Certificates are PEM, empty when there is none. `csr`: the cluster's, until it is initialized. `identity`: the HSM's
   * public key (SPKI, DER). `changes`: made by this HSM. `members`: those approved, this one included.
   */
  describe: define(
    2,
    empty,
    struct({
      state: u8,
      mode: u8,
      reason: text,
      csr: text,
      clusterCertificate: text,
      trustAnchor: text,
      certificate: text,
      identity: bytes,
      mark: struct(position),
      changes: u64,
      members: list(text),
      online: list(text),
      users: u32,
      keys: u32,
      activated: flag,
    }),
  ),
  /** PEM; `refused` when the certificate is not of the cluster's key, or not signed by the anchor. */
  initialize: define(3, struct({ certificate: text, trustAnchor: text }), empty),
  /** In unattended mode alone: approves a joining member in the administrator's place. */
  approveMember: define(4, struct({ hsmId: text, identity: bytes }), empty),
  /** The member is no more: keys are made without it. */
  removeMember: define(5, struct({ hsmId: text }), empty),
  /** Whether a live member or a backup holds all keys of this HSM, as far as the host knows. */
  heldElsewhere: define(6, struct({ held: flag }), empty),
  /** Makes a backup and keeps it for reading; an earlier one is dropped. */
  backup: define(7, empty, struct({ size: u32, sha256: bytes, keys: u32 })),
  readBackup: define(8, struct({ offset: u32, length: u32 }), struct({ part: bytes })),
  /** In state `restoring`: the parts in order, then `restore`. `refused` for what is no backup of the family. */
  writeBackup: define(9, struct({ part: bytes }), empty),
  restore: define(10, struct({ clusterCertificate: text }), empty),
  /** Lines of the audit log, as clients get them. */
  readAudit: define(11, struct({ first: u64, limit: u32 }), struct({ lines: list(text) })),
  /** Closes the counts, forgets every key; the process then ends. */
  stop: define(12, empty, empty),
} as const;

/** Asked by the HSM. */
export const toHost = {
  /**
   * The host MUST have stored it durably before it replies, and give it back at the next start. A reply to whoever
   * asked for the change waits for it.
   */
  mark: define(1, struct({ ...position, changes: u64 }), empty),
  /** The HSM is in another state: `describe` tells all. */
  changed: define(2, struct({ state: u8 }), empty),
} as const;
