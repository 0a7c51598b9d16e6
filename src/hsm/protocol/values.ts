/** The values that messages speak of, and their bounds. */
import { bytes, flag, list, text, u8, u32, u64 } from '../../engine/protocol/codec.ts';

/**
 * `uninitialized`: has a cluster key and its signing request. `initialized`: has the cluster's certificate, waits for
 * `activate`. `joining`: waits for an administrator's approval, then for the cluster's keys. `restoring`: waits for a
 * backup. `locked`: what is stored is ciphertext. `behind`: unlocked, but other members went on; catches up.
 * `halted`: `reason` says why and how to go on. `zeroized`: erased.
 */
export const hsmStates = [
  'uninitialized',
  'initialized',
  'joining',
  'restoring',
  'locked',
  'behind',
  'active',
  'halted',
  'zeroized',
] as const;
export type HsmState = (typeof hsmStates)[number];

/** `attended`: only the unlock code opens what is stored. `unattended`: the server's seal does too. */
export const modes = ['attended', 'unattended'] as const;
export type Mode = (typeof modes)[number];

/** `auto`: zeroize where a live member or a backup holds the keys, else halt. */
export const tamperAnswers = ['auto', 'zeroize-always', 'halt'] as const;
export type TamperAnswer = (typeof tamperAnswers)[number];

/** `appliance` is the HSMs' own, for replication; it is listed and cannot log in. */
export const userRoles = ['admin', 'crypto-user', 'appliance'] as const;
export type UserRole = (typeof userRoles)[number];

/** A key has one usage (SP 800-57 part 1, section 5.2). `wrap` keys wrap others; `public` ones are RSA and wrap only. */
export const keyUsages = ['data', 'kms', 'wrap', 'public'] as const;
export type KeyUsage = (typeof keyUsages)[number];

/** `generated` inside the HSMs of the cluster; `unwrapped` or `imported`: it was elsewhere before. */
export const keyOrigins = ['generated', 'unwrapped', 'imported'] as const;
export type KeyOrigin = (typeof keyOrigins)[number];

/** The RSA ones as KMS has them for imports; AES key wrap is RFC 3394, with padding RFC 5649. */
export const wrapMechanisms = [
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_256',
  'AES_KW',
  'AES_KWP',
] as const;
export type WrapMechanism = (typeof wrapMechanisms)[number];

export const userInfo = { user: text, role: u8, locked: flag, failures: u32, sessions: u32 } as const;

/** `position`: of the changes this member made, the last that is held here. `online` counts this HSM itself. */
export const memberInfo = {
  hsmId: text,
  identity: bytes,
  approvedBy: text,
  approved: u64,
  online: flag,
  position: u64,
} as const;

/**
 * `lineage` is given when material enters the cluster, and kept by every copy of it. `checkValue`: the first 3 bytes of
 * an encrypted zero block, of a public key its hash. `exports`: how often it was wrapped. `uses`: on this HSM, ever.
 */
export const keyInfo = {
  handle: text,
  label: text,
  owner: text,
  usage: u8,
  origin: u8,
  extractable: flag,
  neverExtractable: flag,
  created: u64,
  lineage: text,
  checkValue: bytes,
  sharedWith: list(text),
  exports: u32,
  uses: u64,
} as const;

/** CloudHSM user guide, "Quotas": user names of 31, passwords of 7 to 32 characters; 1,024 users; 900 connections. */
export const USER_NAME = /^[a-zA-Z0-9_.@-]{1,31}$/;
export const PASSWORD = /^[\x20-\x7e]{7,32}$/;
export const LABEL = /^[\x20-\x7e]{1,126}$/;
export const HANDLE = /^[0-9a-f]{16}$/;
export const MAX_USERS = 1024;
export const MAX_KEYS = 3300;
export const MAX_EXPORTS = 10_000;
export const MAX_EXPORTS_OF_KEY = 100;
export const MAX_CONNECTIONS = 900;
export const WRONG_PASSWORDS = 5;
export const RSA_BITS = [2048, 3072, 4096] as const;
