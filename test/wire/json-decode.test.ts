import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../../src/core/errors.ts';
import type { Shape, StructureShape } from '../../src/core/shape.ts';
import { operations } from '../../src/core/shapes/kms.ts';
import { parseBody } from '../../src/wire/json/body.ts';
import { jsonBodyLimit } from '../../src/wire/json/body-limit.ts';
import { compileDecoder } from '../../src/wire/json/decode.ts';
import { compileValidator } from '../../src/wire/json/validate.ts';
import { rounds } from '../support/random.ts';

const FUZZ_RUNS = rounds(300);

const structure = (members: Record<string, Shape>): StructureShape => ({
  type: 'structure',
  members,
  required: [],
});
const every = structure({
  S: { type: 'string' },
  B: { type: 'blob' },
  I: { type: 'integer' },
  L: { type: 'long' },
  F: { type: 'boolean' },
  T: { type: 'timestamp' },
  List: { type: 'list', member: { type: 'string' } },
  Map: { type: 'map', key: { type: 'string' }, value: { type: 'string' } },
  Inner: structure({ S: { type: 'string' } }),
});
const decode = compileDecoder(every);
const from = (text: string): Record<string, unknown> => decode(parseBody(Buffer.from(text)));
const refused = (text: string, message: string | undefined): void =>
  assert.throws(
    () => from(text),
    (error) =>
      error instanceof ServiceError &&
      error.code === 'SerializationException' &&
      error.wireMessage === message,
    text,
  );

describe('decoding AWS JSON', () => {
  test('every type', () => {
    const value = from(
      '{"S":"é","B":"AAEC","I":-5,"L":9007199254740991,"F":true,"T":1700000000.25,"List":["a"],"Map":{"k":"v"},"Inner":{"S":"x"}}',
    );
    assert.deepEqual(
      { ...value, Map: { ...(value.Map as object) } },
      {
        S: 'é',
        B: Buffer.from([0, 1, 2]),
        I: -5,
        L: Number.MAX_SAFE_INTEGER,
        F: true,
        T: 1_700_000_000_250,
        List: ['a'],
        Map: { k: 'v' },
        Inner: { S: 'x' },
      },
    );
  });

  test('nulls are absent and unknown members ignored', () => {
    assert.deepEqual(from('{"S":null,"Nope":{"deep":[1]},"I":1}'), { I: 1 });
  });

  test('__proto__ is a key of a map like any other, and pollutes nothing', () => {
    const { Map: map } = from('{"Map":{"__proto__":"a","constructor":"b"},"__proto__":{"S":"x"}}');
    assert.deepEqual(Object.entries(map as object), [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    assert.equal(({} as Record<string, unknown>).S, undefined);
    assert.equal(from('{"__proto__":{"S":"x"}}').S, undefined);
  });

  test('a key given twice counts as its last', () => {
    assert.equal(from('{"S":"a","S":"b"}').S, 'b');
  });

  for (const [text, message] of [
    ['', undefined],
    ['{', undefined],
    ['{"S":"a"}x', undefined],
    ['\ufeff{}', undefined],
    ['[]', 'Start of list found where not expected'],
    ['"x"', 'Expected null'],
    ['{"S":1}', 'NUMBER_VALUE can not be converted to a String'],
    ['{"S":1.5}', 'DECIMAL_VALUE can not be converted to a String'],
    ['{"S":true}', 'TRUE_VALUE can not be converted to a String'],
    ['{"S":false}', 'FALSE_VALUE can not be converted to a String'],
    ['{"S":[]}', 'Start of list found where not expected'],
    ['{"S":{}}', 'Start of structure or map found where not expected.'],
    ['{"S":"\\ud800"}', 'Invalid UTF-16 surrogate in a String'],
    ['{"Map":{"\\udc00":"a"}}', 'Invalid UTF-16 surrogate in a String'],
    ['{"B":5}', 'NUMBER_VALUE can not be converted to a Blob'],
    ['{"B":"AAEC="}', 'Base64 encoded length is expected a multiple of 4 bytes but found: 5'],
    ['{"B":"AA-_"}', 'Invalid Base64 character'],
    ['{"B":"AA C"}', 'Invalid Base64 character'],
    ['{"B":"A==="}', 'Invalid Base64 character'],
    ['{"B":"A=BC"}', 'Invalid Base64 character'],
    ['{"B":"AB=="}', 'Invalid last non-pad Base64 character dectected'],
    ['{"B":"AAB="}', 'Invalid last non-pad Base64 character dectected'],
    ['{"I":"1"}', 'STRING_VALUE can not be converted to an Integer'],
    ['{"I":1.5}', 'DECIMAL_VALUE can not be converted to an Integer'],
    ['{"I":2147483648}', 'NUMBER_VALUE can not be converted to an Integer'],
    ['{"L":9007199254740992}', 'NUMBER_VALUE can not be converted to a Long'],
    ['{"F":"true"}', 'STRING_VALUE can not be converted to a Boolean'],
    ['{"F":1}', 'NUMBER_VALUE can not be converted to a Boolean'],
    ['{"T":"2020-01-01"}', 'STRING_VALUE can not be converted to milliseconds since epoch'],
    ['{"T":1e300}', 'NUMBER_VALUE can not be converted to milliseconds since epoch'],
    ['{"List":"a"}', 'Expected list or null'],
    ['{"List":{}}', 'Start of structure or map found where not expected.'],
    ['{"List":[1]}', 'NUMBER_VALUE can not be converted to a String'],
    ['{"Map":[]}', 'Start of list found where not expected'],
    ['{"Map":"a"}', 'Expected map or null'],
    ['{"Map":{"a":{}}}', 'Start of structure or map found where not expected.'],
    ['{"Inner":"a"}', 'Expected null'],
    ['{"Inner":[]}', 'Start of list found where not expected'],
  ] as const) {
    test(`${text === '' ? 'an empty body' : text} is refused`, () => refused(text, message));
  }

  test('bytes that are not UTF-8 are refused', () => {
    const body = Buffer.concat([Buffer.from('{"S":"'), Buffer.of(0xff), Buffer.from('"}')]);
    assert.throws(() => parseBody(body), { code: 'SerializationException' });
  });

  test('nesting without end costs no stack', () => {
    const deep = `{"Nope":${'['.repeat(200_000)}${']'.repeat(200_000)},"S":"a"}`;
    assert.deepEqual(from(deep), { S: 'a' });
  });

  test('a shape whose member every object inherits is refused when compiled', () => {
    assert.throws(
      () =>
        compileDecoder(
          structure(Object.fromEntries([['constructor', { type: 'string' }]]) as Record<string, Shape>),
        ),
      TypeError,
    );
  });
});

test('every operation of KMS has a bound for its body that its model needs', () => {
  const limits = Object.values(operations).map(({ input }) => jsonBodyLimit(input));
  assert.ok(Math.min(...limits) >= 16 * 1024);
  assert.ok(Math.max(...limits) <= 1024 * 1024);
  assert.ok(jsonBodyLimit(operations.Decrypt.input) > (262_144 / 3) * 4);
});

test('fuzz: any JSON decodes to a valid input or is refused by an error of the client', () => {
  const member = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.base64String(), fc.string({ unit: 'binary' }));
  for (const { name, input } of Object.values(operations)) {
    const [read, validate] = [compileDecoder(input), compileValidator(input)];
    const body = fc.record(Object.fromEntries(Object.keys(input.members).map((key) => [key, member])), {
      requiredKeys: [],
    });
    fc.assert(
      fc.property(body, (value) => {
        try {
          validate(read(parseBody(Buffer.from(JSON.stringify(value)))));
        } catch (error) {
          assert.ok(error instanceof ServiceError, `${name}: ${error}`);
          assert.equal(error.fault, 'client');
        }
      }),
      { seed: 10, numRuns: Math.ceil(FUZZ_RUNS / 30) },
    );
  }
});

test('fuzz: any bytes parse or are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decode(parseBody(Buffer.from(bytes)));
      } catch (error) {
        assert.ok(error instanceof ServiceError);
      }
    }),
    { seed: 11, numRuns: FUZZ_RUNS },
  );
});
