/**
 * Every message between a client and an HSM, defined once for both sides (docs/formats/hsm-protocol.md). The HSM speaks
 * only when spoken to. No message returns a key but wrapped, and that only if it is extractable, to its owner.
 *
 * `who` may send it: `anyone` before a login, else a user of that role. `when`: the states in which it is answered.
 * Times are milliseconds since 1970, handles 16 hexadecimal digits, hashes SHA-256.
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
import { define as defineMessage, empty, type Form } from './define.ts';
import { keyInfo, memberInfo, userInfo } from './values.ts';

export type Who = 'anyone' | 'user' | 'admin' | 'crypto-user';
export type When = 'any' | 'locked' | 'initialized' | 'active';

const handle = { handle: text } as const;
/** `uses`: of the key on this HSM since its session began. */
const uses = { uses: u64 } as const;
const page = { after: text, limit: u32 } as const;

const define = <const Code extends number, Request, Reply>(
  code: Code,
  who: Who,
  when: When,
  request: Form<Request>,
  reply: Form<Reply>,
) => ({ ...defineMessage(code, request, reply), who, when }) as const;

export const messages = {
  // Before a login.
  /** `state` and `mode` index hsmStates and modes; `session` names the span in which uses count from 1. */
  info: define(
    1,
    'anyone',
    'any',
    empty,
    struct({
      clusterId: text,
      hsmId: text,
      state: u8,
      mode: u8,
      reason: text,
      session: text,
      identity: bytes,
    }),
  ),
  /** With the code that activation made; what it opens is this HSM alone. */
  unlock: define(2, 'anyone', 'locked', struct({ code: text }), empty),
  /** The first administrator; the reply has the unlock code, shown once. */
  activate: define(
    3,
    'anyone',
    'initialized',
    struct({ user: text, password: text }),
    struct({ unlockCode: text }),
  ),
  /** With `alone`, refused as `user-logged-in` while the user has another session on this HSM. */
  login: define(
    4,
    'anyone',
    'active',
    struct({ user: text, password: text, alone: flag }),
    struct({ role: u8, session: text }),
  ),
  logout: define(5, 'user', 'active', empty, empty),

  // Users. An administrator has no keys; a crypto user administers nobody.
  /** `role` indexes userRoles: admin or crypto-user. */
  createUser: define(10, 'admin', 'active', struct({ user: text, role: u8, password: text }), empty),
  deleteUser: define(11, 'admin', 'active', struct({ user: text }), empty),
  listUsers: define(12, 'user', 'active', empty, struct({ users: list(struct(userInfo)) })),
  /** One's own, or by an administrator anybody's, which unlocks. Ends the user's other sessions, on all members. */
  changePassword: define(
    13,
    'user',
    'active',
    struct({ user: text, password: text }),
    struct({ receipt: bytes }),
  ),
  /**
   * Sets the user's own password to a random value that nobody ever has, and ends its sessions on all members,
   * this one included. Until an administrator sets a password nobody can log in as this user.
   */
  discardPassword: define(14, 'user', 'active', empty, struct({ receipt: bytes })),

  // The cluster.
  listMembers: define(20, 'user', 'active', empty, struct({ members: list(struct(memberInfo)) })),
  /** `identity`: the joining HSM's public key (SPKI, DER), as its `info` and its host show it. */
  approveMember: define(21, 'admin', 'active', struct({ hsmId: text, identity: bytes }), empty),
  /** A new unlock code for all members. The old one opens too until the new one is confirmed: a reply may be lost. */
  replaceUnlockCode: define(22, 'admin', 'active', empty, struct({ unlockCode: text })),
  /** The new code is known: the old one opens nothing that is stored from then on. */
  confirmUnlockCode: define(27, 'admin', 'active', struct({ code: text }), empty),
  /** `mode` indexes modes. */
  setMode: define(23, 'admin', 'active', struct({ mode: u8 }), empty),
  /** `answer` indexes tamperAnswers. */
  setTamperAnswer: define(24, 'admin', 'active', struct({ answer: u8 }), empty),
  /** Erases this HSM. `hsmId` MUST be its own: what is to be erased is said twice. */
  zeroize: define(25, 'admin', 'active', struct({ hsmId: text }), empty),
  /** Entries of this HSM's audit log from `first` on, as lines (protocol/audit.ts), at most `limit`. */
  readAudit: define(26, 'user', 'active', struct({ first: u64, limit: u32 }), struct({ lines: list(text) })),

  // Keys. `usage` indexes keyUsages.
  generateKey: define(
    30,
    'crypto-user',
    'active',
    struct({ label: text, usage: u8, extractable: flag }),
    struct({ key: struct(keyInfo) }),
  ),
  /** Keys that the user owns or may use, by handle; only those with `label` unless it is empty. */
  findKeys: define(
    31,
    'crypto-user',
    'active',
    struct({ label: text, ...page }),
    struct({ keys: list(struct(keyInfo)) }),
  ),
  describeKey: define(32, 'crypto-user', 'active', struct(handle), struct({ key: struct(keyInfo) })),
  /** The receipt says that the material was erased here and on which other members. */
  deleteKey: define(33, 'crypto-user', 'active', struct(handle), struct({ receipt: bytes })),
  /** A sharee may use the key; only its owner may delete, wrap or share it. */
  shareKey: define(34, 'crypto-user', 'active', struct({ ...handle, user: text }), empty),
  unshareKey: define(35, 'crypto-user', 'active', struct({ ...handle, user: text }), empty),
  /** An RSA public key (SPKI, DER) of 2,048 to 4,096 bits, to wrap under. */
  importPublicKey: define(
    36,
    'crypto-user',
    'active',
    struct({ label: text, publicKey: bytes }),
    struct({ key: struct(keyInfo) }),
  ),
  /** `mechanism` indexes wrapMechanisms. The receipt is durable on all members before the reply leaves. */
  wrapKey: define(
    37,
    'crypto-user',
    'active',
    struct({ ...handle, wrappingHandle: text, mechanism: u8 }),
    struct({ wrapped: bytes, receipt: bytes }),
  ),
  /** `mechanism`: aes-kw or aes-kwp. */
  unwrapKey: define(
    38,
    'crypto-user',
    'active',
    struct({
      wrapped: bytes,
      wrappingHandle: text,
      mechanism: u8,
      label: text,
      usage: u8,
      extractable: flag,
    }),
    struct({ key: struct(keyInfo) }),
  ),
  /** The receipts of every time the key was wrapped, oldest first: they outlive the key. */
  listExports: define(39, 'crypto-user', 'active', struct(handle), struct({ receipts: list(bytes) })),

  // Use of keys with usage `data`. The HSM makes the IV itself (12 bytes, random).
  encrypt: define(
    50,
    'crypto-user',
    'active',
    struct({ ...handle, plaintext: bytes, aad: bytes }),
    /** `sealed`: ciphertext and tag of 16 bytes. */
    struct({ iv: bytes, sealed: bytes, ...uses }),
  ),
  decrypt: define(
    51,
    'crypto-user',
    'active',
    struct({ ...handle, iv: bytes, sealed: bytes, aad: bytes }),
    struct({ plaintext: bytes, ...uses }),
  ),
  /** 1 to 1,024 bytes. */
  random: define(52, 'crypto-user', 'active', struct({ length: u32 }), struct({ value: bytes })),

  // Use of keys with usage `kms`: a key derived for each message. `sealed` is nonce (16), ciphertext, tag (16).
  kmsEncrypt: define(
    60,
    'crypto-user',
    'active',
    struct({ ...handle, plaintext: bytes, aad: bytes }),
    struct({ sealed: bytes, ...uses }),
  ),
  /** With `check`, decrypts but returns no plaintext and counts no use. */
  kmsDecrypt: define(
    61,
    'crypto-user',
    'active',
    struct({ ...handle, sealed: bytes, aad: bytes, check: flag }),
    struct({ plaintext: bytes, ...uses }),
  ),
  /** `length` 1 to 1,024 bytes. `plaintext` is empty unless asked for. */
  kmsGenerateDataKey: define(
    62,
    'crypto-user',
    'active',
    struct({ ...handle, length: u32, aad: bytes, withPlaintext: flag }),
    struct({ plaintext: bytes, sealed: bytes, ...uses }),
  ),
  /** The plaintext stays in the HSM. */
  kmsReEncrypt: define(
    63,
    'crypto-user',
    'active',
    struct({ ...handle, sealed: bytes, aad: bytes, destinationHandle: text, destinationAad: bytes }),
    struct({ sealed: bytes, ...uses, destinationUses: u64 }),
  ),
} as const;

export type Messages = typeof messages;
export type MessageName = keyof Messages;
export type RequestOf<N extends MessageName> = FieldType<Messages[N]['request']>;
export type ReplyOf<N extends MessageName> = FieldType<Messages[N]['reply']>;

/** What a frame may have before a login: enough for the longest of those messages. */
export const MAX_FRAME_BEFORE_LOGIN = 1024;
/** Bytes of plaintext in one call, so that a reply always fits its frame. */
export const MAX_PLAINTEXT = 512 * 1024;
export const MAX_AAD = 64 * 1024;
