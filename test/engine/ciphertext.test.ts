import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { canonicalContext } from '../../src/core/encryption-context.ts';
import { openMessage, sealMessage } from '../../src/engine/algorithms/symmetric/message.ts';
import { derive, kdfLabel } from '../../src/engine/kdf.ts';
import {
  encodeHeader,
  encodeName,
  NAME_SIZE,
  parseHeader,
  SCHEME_HSM,
} from '../../src/engine/protocol/ciphertext.ts';
import { openMessage as openInHsm } from '../../src/hsm/message-cipher.ts';
import { hsmMaterialId } from '../../src/keystores/cloudhsm/make-key.ts';
import { rounds, seeded } from '../support/random.ts';
import { hex, readVectors } from '../support/vectors.ts';

interface Case {
  readonly name: string;
  readonly material: string;
  readonly materialId: string;
  readonly account: string;
  readonly keyId: string;
  readonly nonce: string;
  readonly context: Record<string, string>;
  readonly canonicalContext: string;
  readonly messageKey: string;
  readonly plaintext: string;
  readonly ciphertext: string;
}
const { cases, hsmCases } = readVectors<{
  cases: Case[];
  hsmCases: (Case & { readonly lineage: string })[];
}>('ciphertext');

test('there are ciphertext vectors', () => assert.deepEqual([cases.length, hsmCases.length], [4, 2]));

for (const vector of cases) {
  test(`ciphertext vector: ${vector.name}`, () => {
    const context = canonicalContext(vector.context);
    assert.equal(context.toString('hex'), vector.canonicalContext);
    const material = createSecretKey(hex(vector.material));
    const label = kdfLabel('lockholm/symmetric-default/1', 16);
    assert.equal(derive(material, label, hex(vector.nonce)).toString('hex'), vector.messageKey);
    const header = encodeHeader(vector, hex(vector.nonce));
    const sealed = sealMessage(material, header, hex(vector.plaintext), context);
    assert.equal(sealed.toString('hex'), vector.ciphertext);
    assert.equal(openMessage(material, hex(vector.ciphertext), context)?.toString('hex'), vector.plaintext);
    const { account, keyId, materialId } = vector;
    assert.deepEqual(parseHeader(hex(vector.ciphertext)), { scheme: 1, account, keyId, materialId });
  });
}

for (const vector of hsmCases) {
  test(`ciphertext vector: ${vector.name}`, () => {
    const context = canonicalContext(vector.context);
    assert.equal(context.toString('hex'), vector.canonicalContext);
    const material = createSecretKey(hex(vector.material));
    const label = kdfLabel('lockholm/hsm-message/1', 16);
    assert.equal(derive(material, label, hex(vector.nonce)).toString('hex'), vector.messageKey);
    const { account, keyId, materialId, lineage } = vector;
    assert.equal(hsmMaterialId(keyId, lineage), materialId);
    const blob = hex(vector.ciphertext);
    const name = encodeName(SCHEME_HSM, vector);
    assert.deepEqual(blob.subarray(0, NAME_SIZE), name);
    assert.deepEqual(parseHeader(blob), { scheme: 2, account, keyId, materialId });
    const sealed = blob.subarray(NAME_SIZE);
    const opened = openInHsm(material, sealed, Buffer.concat([name, context]));
    assert.equal(opened?.toString('hex'), vector.plaintext);
    assert.equal(openMessage(material, blob, context), undefined);
  });
}

test('no altered ciphertext, context or material opens', () => {
  const [vector] = cases;
  assert.ok(vector);
  const material = createSecretKey(hex(vector.material));
  const context = canonicalContext(vector.context);
  const whole = hex(vector.ciphertext);
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    const altered = Buffer.from(whole);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(openMessage(material, altered, context), undefined, `bit ${bit}`);
  }
  assert.equal(openMessage(material, whole, canonicalContext({ a: 'b' })), undefined);
  assert.equal(openMessage(createSecretKey(Buffer.alloc(32)), whole, context), undefined);
});

test('a header that parses is encoded to the same bytes, and no bytes make the parser throw', () => {
  const random = seeded('ciphertext headers');
  let parsed = 0;
  for (let round = 0; round < rounds(3000); round += 1) {
    const blob = random.bytes(random.below(140));
    if (random.below(2) === 0) blob.set([1 + random.below(2), random.below(2), 0].slice(0, blob.length));
    const header = parseHeader(blob);
    if (header === undefined) continue;
    parsed += 1;
    assert.deepEqual(encodeName(header.scheme, header), blob.subarray(0, NAME_SIZE));
  }
  assert.ok(parsed > 100, `${parsed} parsed`);
});
