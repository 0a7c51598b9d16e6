/** No message, journal event or log line holds the value of a blob, a token or a secret, right or wrong. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import type { Shape, StructureShape } from '../../src/core/shape.ts';
import { operations } from '../../src/core/shapes/kms.ts';
import { compileDecoder } from '../../src/wire/json/decode.ts';
import { compileValidator } from '../../src/wire/json/validate.ts';
import { startKms, type TestKms } from '../support/kms.ts';

/** In no name, path or constraint; long enough that its base64 holds whole groups of it. */
const MARK = 'Zq9vXw7Zq9vXw7Zq9vXw7';
const marks = [
  MARK,
  Buffer.from(MARK).toString('base64'),
  Buffer.from(MARK).toString('hex'),
  MARK.slice(0, 12),
];
const SECRET_NAMES = /Token|Secret|Password|Plaintext|AccessKey/;

const inputs = Object.values(operations).map(({ name, input }) => ({ name, input: input as StructureShape }));

/** A secret member: the way to it from the input, and its own shape. */
interface Secret {
  readonly path: readonly string[];
  readonly shape: Shape;
}
const ITEM = '[]';

function secretsOf(shape: Shape, path: readonly string[] = []): readonly Secret[] {
  const named = SECRET_NAMES.test(path.filter((step) => step !== ITEM).at(-1) ?? '');
  switch (shape.type) {
    case 'blob':
      return [{ path, shape }];
    case 'string':
      return named || shape.sensitive === true ? [{ path, shape }] : [];
    case 'list':
      return secretsOf(shape.member, [...path, ITEM]);
    case 'structure':
      return Object.entries(shape.members).flatMap(([name, member]) => secretsOf(member, [...path, name]));
    default:
      return [];
  }
}

/** `value` at the end of the path; a list holds it `copies` times. */
function at(path: readonly string[], value: unknown, copies = 1): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const inner = at(rest, value, copies);
  return step === ITEM ? Array.from({ length: copies }, () => inner) : { [step]: inner };
}

const long = MARK.repeat(20_000);
const assertSilent = (text: string, where: string) => {
  for (const mark of marks) assert.ok(!text.includes(mark), `${where}: ${text.slice(0, 500)}`);
};

describe('secrets of every operation', () => {
  test('are found by their shapes and names', () => {
    const found = inputs.map(({ name, input }) => [name, secretsOf(input).map(({ path }) => path.join('.'))]);
    const byName = new Map(found as [string, string[]][]);
    assert.deepEqual(byName.get('Encrypt'), ['Plaintext', 'GrantTokens.[]']);
    assert.deepEqual(byName.get('RetireGrant'), ['GrantToken']);
    assert.ok(byName.get('CreateCustomKeyStore')?.includes('KeyStorePassword'));
    assert.ok(byName.get('ImportKeyMaterial')?.includes('ImportToken'));
  });

  for (const { name, input } of inputs) {
    const decode = compileDecoder(input);
    const validate = compileValidator(input);
    const messageFor = (json: unknown): string => {
      try {
        validate(decode(json));
      } catch (error) {
        assert.ok(error instanceof ServiceError, String(error));
        return String(error.wireMessage);
      }
      return '';
    };

    test(`${name}: what does not fit its shape is refused without being shown`, () => {
      for (const { path, shape } of secretsOf(input)) {
        const blob = shape.type === 'blob';
        const encode = (text: string) => (blob ? Buffer.from(text).toString('base64') : text);
        const wrong: readonly unknown[] = [
          at(path, encode(long)),
          at(path, encode(`${MARK}\n `)),
          at(path, encode(MARK), 30),
          at(path, ''),
          at(path, `${MARK}!`),
          at(path, [MARK]),
          at(path, { [MARK]: MARK }),
          at(path.slice(0, -1), { [path.at(-1) ?? '']: { a: [MARK] } }),
          at(path.slice(0, 1), MARK),
        ];
        for (const json of wrong) assertSilent(messageFor(json), `${name} ${path.join('.')}`);
        assert.notEqual(messageFor(at(path, encode(long))), '', `${name} ${path.join('.')}: long`);
      }
    });
  }
});

describe('secrets of every operation, in calls', () => {
  let kms: TestKms;
  let KeyId: string;
  before(async () => {
    kms = await startKms();
    KeyId = (await kms.call('CreateKey')).KeyMetadata.KeyId;
  });
  after(() => kms.stop());

  test('leave nothing in errors, journal and log, whether they fit or not', async () => {
    let failed = 0;
    for (const { name, input } of inputs) {
      const required = Object.fromEntries(
        input.required.map((member) => [member, sample(input, member, KeyId)]),
      );
      for (const { path, shape } of secretsOf(input)) {
        for (const text of [MARK, long]) {
          const value = shape.type === 'blob' ? Buffer.from(text) : text;
          for (const copies of [1, 30]) {
            const secret = at(path, value, copies) as object;
            await kms.call(name, { ...required, ...secret }).catch((error: ServiceError) => {
              failed++;
              assertSilent(`${error.code} ${error.wireMessage} ${error.stack}`, name);
            });
          }
        }
      }
    }
    assert.ok(failed > 100, `${failed} calls failed`);
    assertSilent(kms.logged.join(''), 'log');
    for (const event of await kms.events()) assertSilent(JSON.stringify(event), event.envelope.name);
  });
});

/** Something that fits a required member. */
function sample(input: StructureShape, member: string, keyId: string): unknown {
  const shape = input.members[member];
  if (/KeyId$/.test(member)) return keyId;
  switch (shape?.type) {
    case 'blob':
      return Buffer.from(MARK);
    case 'string':
      return shape.enum?.[0] ?? 'x'.repeat(Math.max(shape.min ?? 1, 1));
    case 'integer':
    case 'long':
      return shape.min ?? 1;
    case 'list':
      return [];
    default:
      return {};
  }
}
