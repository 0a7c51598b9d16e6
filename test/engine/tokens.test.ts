import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type DomainState, newDomainState } from '../../src/engine/domain-state.ts';
import { OpenedTokens } from '../../src/engine/opened-tokens.ts';
import {
  type Binding,
  bindingFields,
  decodeBinding,
  encodeBinding,
  tokenKinds,
} from '../../src/engine/protocol/binding.ts';
import { FrameError } from '../../src/engine/protocol/codec.ts';
import { openToken, sealToken } from '../../src/engine/tokens.ts';
import { accessKeyBinding, keyBinding } from '../support/bindings.ts';
import { rounds, seeded } from '../support/random.ts';
import { hex, readVectors } from '../support/vectors.ts';

interface Case {
  readonly name: string;
  readonly domainKeyId: number;
  readonly domainKey: string;
  readonly nonce: string;
  readonly binding: Binding;
  readonly encodedBinding: string;
  readonly secret: string;
  readonly token: string;
}
const { cases } = readVectors<{ cases: Case[] }>('token');
const state: DomainState = newDomainState(0);
const code = (expected: string) => (error: { code?: string }) => error.code === expected;
const make = (binding: Binding, secret: Buffer = randomBytes(32)): Buffer =>
  sealToken(state.current, binding.kind, encodeBinding(binding), secret, randomBytes(12));

test('there are token vectors', () => assert.equal(cases.length, 6));

for (const vector of cases) {
  test(`token vector: ${vector.name}`, () => {
    const { domainKeyId: id, binding } = vector;
    const key = { id, created: 0, key: createSecretKey(hex(vector.domainKey)) };
    assert.equal(encodeBinding(binding).toString('hex'), vector.encodedBinding);
    assert.deepEqual({ ...decodeBinding(hex(vector.encodedBinding)) }, binding);
    const token = sealToken(key, binding.kind, encodeBinding(binding), hex(vector.secret), hex(vector.nonce));
    assert.equal(token.toString('hex'), vector.token);
    const secret = openToken(new Map([[id, key]]), binding.kind, encodeBinding(binding), hex(vector.token));
    assert.equal(secret.toString('hex'), vector.secret);
  });
}

/** Every binding that differs in one field. */
function others(binding: Binding): readonly Binding[] {
  return bindingFields.map((field) => {
    if (field !== 'kind') return { ...binding, [field]: `${binding[field]}x` };
    return { ...binding, kind: tokenKinds.find((kind) => kind !== binding.kind) ?? binding.kind };
  });
}

for (const binding of [keyBinding, accessKeyBinding]) {
  test(`a token of one ${binding.kind} opens as no other, fresh or cached`, () => {
    const token = make(binding);
    const cached = new OpenedTokens();
    cached.open(state, token, encodeBinding(binding));
    assert.equal(others(binding).length, bindingFields.length);
    for (const other of others(binding)) {
      for (const opened of [new OpenedTokens(), cached]) {
        assert.throws(() => opened.open(state, token, encodeBinding(other)), code('wrong-token'));
      }
    }
    assert.ok(cached.open(state, token, encodeBinding(binding)));
  });
}

test('a token has no bit to spare, fresh or cached', () => {
  const token = make(keyBinding);
  const binding = encodeBinding(keyBinding);
  const cached = new OpenedTokens();
  cached.open(state, token, binding);
  for (let bit = 0; bit < token.length * 8; bit += 1) {
    const altered = Buffer.from(token);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const inDomainKeyId = bit >= 16 && bit < 48;
    const expected = code(inDomainKeyId ? 'unknown-domain-key' : 'wrong-token');
    assert.throws(() => new OpenedTokens().open(state, altered, binding), expected, `bit ${bit}`);
    assert.throws(
      () => cached.open(state, altered, binding),
      (error: { code?: string }) => {
        return error.code === 'wrong-token' || expected(error);
      },
    );
  }
  for (let size = 0; size < token.length; size += 1) {
    assert.throws(() => cached.open(state, token.subarray(0, size), binding), code('wrong-token'));
  }
});

test('opened tokens are bounded, keep what is in use, and forget on request', () => {
  const opened = new OpenedTokens(10);
  const binding = encodeBinding(keyBinding);
  const tokens = Array.from({ length: 50 }, () => make(keyBinding));
  const [hot, second] = tokens;
  assert.ok(hot && second);
  const first = opened.open(state, hot, binding);
  for (const token of tokens) {
    opened.open(state, token, binding);
    assert.equal(opened.open(state, hot, binding), first);
    assert.ok(opened.size <= 10);
  }
  opened.forget(hot);
  assert.notEqual(opened.open(state, hot, binding), first);
});

test('opened tokens under a retired domain key are forgotten', () => {
  const opened = new OpenedTokens();
  const binding = encodeBinding(keyBinding);
  const token = make(keyBinding);
  opened.open(state, token, binding);
  const next = { id: 2, created: 0, key: createSecretKey(randomBytes(32)) };
  const later = { ...state, epoch: 2, keys: new Map([[2, next]]), current: next };
  opened.keepOnly(later);
  assert.throws(() => opened.open(later, token, binding), code('unknown-domain-key'));
});

test('the binding decoder takes what was encoded, to the byte, and nothing else', () => {
  const random = seeded('bindings');
  for (let round = 0; round < rounds(2000); round += 1) {
    const values = bindingFields.map((field) => [field, random.bytes(random.below(12)).toString('utf8')]);
    const binding = { ...Object.fromEntries(values), kind: random.pick(tokenKinds) } as Binding;
    const encoded = encodeBinding(binding);
    assert.deepEqual({ ...decodeBinding(encoded) }, binding);
    const cut = encoded.subarray(0, random.below(encoded.length));
    assert.throws(() => decodeBinding(cut), FrameError);
    assert.throws(() => decodeBinding(Buffer.concat([encoded, random.bytes(1)])), FrameError);
    const noise = random.bytes(random.below(60));
    if (noise.length > 0) noise[0] = 1;
    try {
      decodeBinding(noise);
    } catch (error) {
      assert.ok(error instanceof FrameError);
    }
  }
});
