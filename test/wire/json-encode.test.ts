import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StructureShape } from '../../src/core/shape.ts';
import { operations } from '../../src/core/shapes/kms.ts';
import { compileDecoder } from '../../src/wire/json/decode.ts';
import { compileEncoder } from '../../src/wire/json/encode.ts';

test('blobs are base64, timestamps epoch seconds, absent members left out', () => {
  const encode = compileEncoder(operations.CreateKey.output);
  const text = encode({
    KeyMetadata: { KeyId: 'a"b', CreationDate: 1_700_000_000_250, Enabled: true, Description: undefined },
    Unknown: 1,
  });
  assert.equal(text, '{"KeyMetadata":{"KeyId":"a\\"b","CreationDate":1700000000.25,"Enabled":true}}');
  assert.equal(
    compileEncoder(operations.Encrypt.output)({ CiphertextBlob: new Uint8Array([1, 2, 3]).subarray(1) }),
    '{"CiphertextBlob":"AgM="}',
  );
});

test('a value that does not fit its shape is our fault', () => {
  const encode = compileEncoder(operations.Encrypt.output);
  for (const output of [null, { KeyId: 1 }, { CiphertextBlob: 'text' }]) {
    assert.throws(() => encode(output), TypeError);
  }
});

test('what is encoded decodes to the same', () => {
  const shape: StructureShape = {
    type: 'structure',
    members: {
      S: { type: 'string' },
      B: { type: 'blob' },
      N: { type: 'integer' },
      T: { type: 'timestamp' },
      L: { type: 'list', member: { type: 'boolean' } },
      M: { type: 'map', key: { type: 'string' }, value: { type: 'string' } },
    },
    required: [],
  };
  const [encode, decode] = [compileEncoder(shape), compileDecoder(shape)];
  const value = fc.record(
    {
      S: fc.string({ unit: 'grapheme' }),
      B: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      N: fc.integer(),
      T: fc.integer({ min: 0, max: 4_102_444_800_000 }),
      L: fc.array(fc.boolean()),
      M: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: false }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(value, (original) => {
      const { M: map, ...rest } = decode(JSON.parse(encode(original)));
      const { M: originalMap, ...originalRest } = original;
      assert.deepEqual(rest, originalRest);
      assert.deepEqual(map && Object.entries(map), originalMap && Object.entries(originalMap));
    }),
    { seed: 12, numRuns: 200 },
  );
});
