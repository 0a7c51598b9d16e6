import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalContext } from '../../src/core/encryption-context.ts';

test('absent and empty are the same', () => {
  assert.deepEqual(canonicalContext(undefined), canonicalContext({}));
  assert.equal(canonicalContext({}).toString('hex'), '00000000');
});

test('pairs are sorted by the bytes of their keys, each text with its length', () => {
  assert.equal(
    canonicalContext({ b: 'é', a: '' }).toString('hex'),
    '00000002' + '00000001' + '61' + '00000000' + '00000001' + '62' + '00000002' + 'c3a9',
  );
  // By UTF-16 code units U+1F600 would come before U+FF5E; by bytes it comes after.
  const [first] = ['\u{FF5E}', '\u{1F600}'];
  const bytes = canonicalContext({ '\u{1F600}': '', [first ?? '']: '' });
  assert.equal(bytes.subarray(8, 11).toString(), first);
});

test('equal bytes mean equal contexts, and the order of pairs does not matter', () => {
  const context = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
    maxKeys: 5,
  });
  fc.assert(
    fc.property(context, context, (a, b) => {
      const reversed = Object.fromEntries(Object.entries(a).reverse());
      assert.deepEqual(canonicalContext(reversed), canonicalContext(a));
      const same = canonicalContext(a).equals(canonicalContext(b));
      const entries = (each: object) => JSON.stringify(Object.entries(each).sort());
      assert.equal(same, entries(a) === entries(b));
    }),
    { seed: 1, numRuns: 300 },
  );
});
