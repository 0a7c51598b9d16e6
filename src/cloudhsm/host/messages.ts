/**
 * Every message between a front and the host of the HSMs, defined once for both sides, over the pair that the supervisor
 * makes (hsm/protocol/link.ts). The host keeps files and processes, and what is to be is in the front's rows: after each
 * new pair the front says again what is to run. No message carries a key in clear.
 */
import {
  bytes,
  type FieldType,
  flag,
  list,
  struct,
  text,
  u8,
  u32,
  u64,
} from '../../engine/protocol/codec.ts';
import { define, empty } from '../../hsm/protocol/define.ts';

const hsm = { hsmId: text } as const;
const backup = { backupId: text } as const;

/**
 * What the host knows of an HSM. `running`: it told its state, and `state`, `mode` (indices of hsmStates and modes) and
 * what follows are as it said last. `problem`: what the host could not do for it, in words for the tenant; empty when
 * there is nothing. `saved`: the number of its changes that the last backup made from it held.
 */
export const status = {
  ...hsm,
  running: flag,
  problem: text,
  state: u8,
  mode: u8,
  reason: text,
  csr: text,
  clusterCertificate: text,
  trustAnchor: text,
  certificate: text,
  identity: bytes,
  changes: u64,
  saved: u64,
  members: list(text),
  online: list(text),
  users: u32,
  keys: u32,
  activated: flag,
} as const;
const statusOf = struct(status);
export type HsmStatus = FieldType<typeof statusOf>;

/** Asked by the front. */
export const toHost = {
  /**
   * The HSM is to run; again for one that does, with what changed. `beginning` and `mode` index beginnings and modes, for
   * an HSM with an empty store. `family` names the host's secret for it. `members`: all HSMs of the cluster, this
   * one included. `made`: it was whole before, and does not begin again where its files are gone. `backupId`, with
   * `restore` alone: what it is restored from, under `clusterCertificate`.
   */
  run: define(
    1,
    struct({
      ...hsm,
      clusterId: text,
      family: text,
      address: text,
      port: u32,
      beginning: u8,
      made: flag,
      mode: u8,
      members: list(text),
      ...backup,
      clusterCertificate: text,
    }),
    empty,
  ),
  /** Asks the HSM. `not-found`: it is not to run. */
  describe: define(2, struct(hsm), statusOf),
  initialize: define(3, struct({ ...hsm, certificate: text, trustAnchor: text }), empty),
  /** The HSM is no more: its process ends, its files are overwritten and removed. No error when that was done before. */
  remove: define(4, struct(hsm), empty),
  /** Durable when the reply comes. One with that id is made anew. `hostOpens`: its key is wrapped to the host's secret too. */
  backup: define(
    5,
    struct({ ...hsm, ...backup }),
    struct({ size: u32, sha256: bytes, keys: u32, hostOpens: flag }),
  ),
  /** No error when it was removed before. */
  removeBackup: define(6, struct(backup), empty),
} as const;

/** Told by the host. */
export const toFront = {
  status: define(1, statusOf, empty),
} as const;

export type RunRequest = FieldType<(typeof toHost)['run']['request']>;
