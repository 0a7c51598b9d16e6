/** The fast lane: symmetric cryptography, use of tokens, authentication of rows. Every handler is synchronous. */
import { randomBytes } from 'node:crypto';
import { requireAccessKey } from '../algorithms/access-key/rule.ts';
import { deriveSigningKey } from '../algorithms/access-key/signing-key.ts';
import { DATA_KEY_SIZE, unwrapDataKey, wrapDataKey } from '../algorithms/s3-root/data-key.ts';
import { SymmetricCipher } from '../algorithms/symmetric/cipher.ts';
import type { Domain } from '../domain.ts';
import { type OpenedToken, OpenedTokens } from '../opened-tokens.ts';
import { EngineError } from '../protocol/messages.ts';
import { RandomPool } from '../random-pool.ts';
import { rowIsAuthentic, rowMac } from '../rows.ts';
import type { Handlers } from './lane.ts';

/** KMS API reference, GenerateDataKey and GenerateRandom: 1 to 1,024 bytes. */
const MAX_RANDOM = 1024;
const DATA_KEY_NONCE = 16;
const NOTHING = Buffer.alloc(0);

type FastNames =
  | 'encrypt'
  | 'decrypt'
  | 'reEncrypt'
  | 'generateDataKey'
  | 'random'
  | 'authenticateRows'
  | 'verifyRows'
  | 'signingKey'
  | 'generateS3DataKey'
  | 'unwrapS3DataKey'
  | 'forget';

export function fastLane(domain: Domain, opened: OpenedTokens = new OpenedTokens()): Handlers<FastNames> {
  const cipher = new SymmetricCipher(new RandomPool());
  const open = ({ token, binding }: { token: Uint8Array; binding: Uint8Array }): OpenedToken =>
    opened.open(domain.state, token, binding);
  return {
    encrypt(request, session) {
      const key = open(request);
      const ciphertext = cipher.encrypt(key, request.plaintext, request.context);
      return { ciphertext, counter: session.count(key.binding.materialId) };
    },
    decrypt(request, session) {
      const key = open(request);
      const plaintext = cipher.decrypt(key, request.ciphertext, request.context);
      if (!request.check) return { plaintext, counter: session.count(key.binding.materialId) };
      plaintext.fill(0);
      return { plaintext: NOTHING, counter: 0 };
    },
    reEncrypt(request, session) {
      const source = open({ token: request.sourceToken, binding: request.sourceBinding });
      const destination = open({ token: request.destinationToken, binding: request.destinationBinding });
      const plaintext = cipher.decrypt(source, request.ciphertext, request.sourceContext);
      const ciphertext = cipher.encrypt(destination, plaintext, request.destinationContext);
      plaintext.fill(0);
      const sourceCounter = session.count(source.binding.materialId);
      return { ciphertext, sourceCounter, destinationCounter: session.count(destination.binding.materialId) };
    },
    generateDataKey(request, session) {
      const key = open(request);
      const plaintext = someRandom(request.length);
      const ciphertext = cipher.encrypt(key, plaintext, request.context);
      const counter = session.count(key.binding.materialId);
      if (request.withPlaintext) return { plaintext, ciphertext, counter };
      plaintext.fill(0);
      return { plaintext: NOTHING, ciphertext, counter };
    },
    random: ({ length }) => ({ value: someRandom(length) }),
    authenticateRows: ({ rows }) => ({ macs: rows.map((row) => rowMac(domain.state.rowKey, row)) }),
    verifyRows: ({ rows }) => ({
      valid: rows.map((row) => rowIsAuthentic(domain.state.rowKey, row, row.mac)),
    }),
    signingKey(request) {
      const key = open(request);
      requireAccessKey(key.binding);
      return { key: deriveSigningKey(key.secret, request) };
    },
    generateS3DataKey(request) {
      const plaintext = randomBytes(DATA_KEY_SIZE);
      const wrapped = wrapDataKey(open(request), randomBytes(DATA_KEY_NONCE), plaintext, request.context);
      return { plaintext, wrapped };
    },
    unwrapS3DataKey: (request) => ({
      plaintext: unwrapDataKey(open(request), request.wrapped, request.context),
    }),
    forget({ token }) {
      opened.forget(token);
      return {};
    },
  };
}

function someRandom(length: number): Buffer {
  if (length < 1 || length > MAX_RANDOM) throw new EngineError('refused', 'a length is 1 to 1,024 bytes');
  return randomBytes(length);
}
