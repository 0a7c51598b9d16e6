/**
 * Every message between a front and an engine, defined once for both sides. The engine speaks only when spoken
 * to; each request has one reply of its own type or an error. No message returns stored key material, and none
 * unseals: engines unseal each other over a pair of their own (see peer.ts).
 *
 * `binding` is what a token is bound to (binding.ts); the engine refuses a token whose binding differs.
 * All messages may be sent again after a lost reply: nothing takes effect until the front stores what came back.
 */
import { bytes, type FieldType, flag, list, struct, text, u8, u32, u64 } from './codec.ts';

const empty = struct({});
const row = { table: text, id: text, version: u64, content: bytes } as const;
const bound = { binding: bytes, token: bytes } as const;

const define = <const Code extends number, Lane extends 'fast' | 'slow' | 'both', Request, Reply>(
  code: Code,
  lane: Lane,
  request: { write: (...args: never[]) => void; read: (...args: never[]) => Request },
  reply: { write: (...args: never[]) => void; read: (...args: never[]) => Reply },
) => ({ code, lane, request, reply }) as const;

export const messages = {
  /**
   * First on each new pair. `session` names the span in which this engine's use counters count from 1; a new
   * pair starts a new session. `epoch` is that of the domain state in force, 0 when sealed.
   */
  hello: define(1, 'both', empty, struct({ session: text, lane: u8, epoch: u64, sealed: flag })),

  // Fast lane: symmetric cryptography, tokens' use, row authentication.
  encrypt: define(
    10,
    'fast',
    struct({ ...bound, plaintext: bytes, context: bytes }),
    struct({ ciphertext: bytes, counter: u64 }),
  ),
  /** With `check`, decrypts but returns no plaintext and counts no use (dry run). */
  decrypt: define(
    11,
    'fast',
    struct({ ...bound, ciphertext: bytes, context: bytes, check: flag }),
    struct({ plaintext: bytes, counter: u64 }),
  ),
  /** The plaintext stays in the engine. */
  reEncrypt: define(
    12,
    'fast',
    struct({
      sourceBinding: bytes,
      sourceToken: bytes,
      ciphertext: bytes,
      sourceContext: bytes,
      destinationBinding: bytes,
      destinationToken: bytes,
      destinationContext: bytes,
    }),
    struct({ ciphertext: bytes, sourceCounter: u64, destinationCounter: u64 }),
  ),
  /** `length` 1 to 1024 bytes; `plaintext` is empty unless asked for. */
  generateDataKey: define(
    13,
    'fast',
    struct({ ...bound, length: u32, context: bytes, withPlaintext: flag }),
    struct({ plaintext: bytes, ciphertext: bytes, counter: u64 }),
  ),
  /** `length` 1 to 1024 bytes. */
  random: define(14, 'fast', struct({ length: u32 }), struct({ value: bytes })),
  authenticateRows: define(15, 'fast', struct({ rows: list(struct(row)) }), struct({ macs: list(bytes) })),
  verifyRows: define(
    16,
    'fast',
    struct({ rows: list(struct({ ...row, mac: bytes })) }),
    struct({ valid: list(flag) }),
  ),
  /** The SigV4 signing key of one day: `date` is YYYYMMDD. */
  signingKey: define(
    17,
    'fast',
    struct({ ...bound, date: text, region: text, service: text }),
    struct({ key: bytes }),
  ),
  /** Drops an opened token from the engine's memory; the front erases the token itself. */
  forget: define(18, 'fast', struct(bound), empty),

  // Slow lane: generation, and the domain state, which it alone changes.
  /** A new domain state of epoch 1, sealed. Takes effect by loadDomain once the front has stored it. */
  createDomain: define(30, 'slow', empty, struct({ blob: bytes, epoch: u64 })),
  /** Loads a stored state of the epoch in force or a later one, and pushes it to the fast lane. */
  loadDomain: define(31, 'slow', struct({ blob: bytes }), struct({ epoch: u64 })),
  /**
   * Proposes a state with a fresh current domain key, of the next epoch, or of `minimumEpoch` where that is later:
   * a restored store goes on after the last epoch that the journal records. Takes effect by loadDomain.
   */
  rotateDomainKey: define(
    32,
    'slow',
    struct({ minimumEpoch: u64 }),
    struct({ blob: bytes, epoch: u64, domainKeyId: u32 }),
  ),
  /** Proposes a state without the domain keys older than the current one. */
  retireDomainKeys: define(33, 'slow', empty, struct({ blob: bytes, epoch: u64 })),
  /** What the domain state says about itself. Times are milliseconds since the epoch. */
  describeDomain: define(
    34,
    'slow',
    empty,
    struct({ epoch: u64, domainKeys: list(struct({ id: u32, created: u64 })), currentDomainKey: u32 }),
  ),
  /** Generates a symmetric key. `binding` has an empty material id; the reply's id completes it. */
  createMaterial: define(
    40,
    'slow',
    struct({ binding: bytes }),
    struct({ token: bytes, materialId: text, fingerprint: text }),
  ),
  /** The only reply that holds an access-key secret: shown once, then forgotten. */
  createAccessKey: define(41, 'slow', struct({ binding: bytes }), struct({ token: bytes, secret: text })),
  /** A new random password with which a key store will log in to its cluster. Leaves as a token only. */
  createStoreCredential: define(45, 'slow', struct({ binding: bytes }), struct({ token: bytes })),
  /** The password that a key store was given to log in with. */
  sealStoreCredential: define(
    46,
    'slow',
    struct({ binding: bytes, password: text }),
    struct({ token: bytes }),
  ),
  /**
   * The password of a key store, for the login that it is made for: the front keeps it in memory while the store is
   * connected, and nowhere else. Opens tokens of that kind alone.
   */
  openStoreCredential: define(47, 'slow', struct(bound), struct({ password: text })),
  /**
   * Makes the key pair under which key material is sent in. `binding` is of kind import-key with an empty material
   * id; the reply's SHA-256 of the public key (SPKI, DER) completes it. The private key leaves as a token only.
   */
  createImportKey: define(
    43,
    'slow',
    struct({ binding: bytes }),
    struct({ token: bytes, publicKey: bytes, publicKeyHash: text }),
  ),
  /**
   * Unwraps key material into a token. `binding` is of key material with an empty material id, of the key that the
   * import key was made for. `known` are ids of material that the key has had: with `existing`, the material MUST be
   * one of them, without, it MUST NOT. Fails as `invalid-ciphertext` when it does not unwrap, as
   * `incorrect-material` when it is of the wrong size or not what `known` wants.
   */
  importMaterial: define(
    44,
    'slow',
    struct({
      binding: bytes,
      importBinding: bytes,
      importToken: bytes,
      wrapped: bytes,
      known: list(text),
      existing: flag,
    }),
    struct({ token: bytes, materialId: text, fingerprint: text }),
  ),
  /** Generates an account's S3 root. */
  createS3Root: define(60, 'slow', struct({ binding: bytes }), struct({ token: bytes })),
  /** A data key of 32 bytes under an S3 root, bound to `context`. */
  generateS3DataKey: define(
    61,
    'fast',
    struct({ ...bound, context: bytes }),
    struct({ plaintext: bytes, wrapped: bytes }),
  ),
  unwrapS3DataKey: define(
    62,
    'fast',
    struct({ ...bound, wrapped: bytes, context: bytes }),
    struct({ plaintext: bytes }),
  ),
  /** Re-encrypts tokens under the current domain key. */
  rewrapTokens: define(42, 'slow', struct({ tokens: list(struct(bound)) }), struct({ tokens: list(bytes) })),
} as const;

export type Messages = typeof messages;
export type MessageName = keyof Messages;
export type RequestOf<N extends MessageName> = FieldType<Messages[N]['request']>;
export type ReplyOf<N extends MessageName> = FieldType<Messages[N]['reply']>;

/**
 * Why an engine refused. `sealed`: no domain state yet. `wrong-token`: altered, of another kind or bound to
 * something else. `invalid-ciphertext`: one failure whatever the cause. `unknown-domain-key`: the front should
 * reload the domain state. `stale-domain`: an older state than the one in force. `refused`: a use that the
 * binding does not allow, or a value out of bounds. `incorrect-material`: what was to be imported is not what it
 * should be.
 */
export const engineErrorCodes = [
  'sealed',
  'wrong-token',
  'invalid-ciphertext',
  'unknown-domain-key',
  'stale-domain',
  'refused',
  'internal',
  'incorrect-material',
] as const;
export type EngineErrorCode = (typeof engineErrorCodes)[number] | 'unavailable';

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: EngineErrorCode;
  constructor(code: EngineErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the rest of Lockholm sees of the engines (client.ts implements it). Rejects with EngineError. */
export interface Engine {
  call<N extends MessageName>(name: N, request: RequestOf<N>): Promise<ReplyOf<N>>;
  /** The session in which the fast lane counts uses now; changes with each new pair. */
  readonly session: string;
}
