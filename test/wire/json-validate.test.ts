import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StructureShape } from '../../src/core/shape.ts';
import { operations } from '../../src/core/shapes/kms.ts';
import { compileValidator } from '../../src/wire/json/validate.ts';

const { Encrypt, UntagResource, CreateKey, CreateGrant, TagResource, ListKeys, CreateCustomKeyStore } =
  operations;
const failed = (shape: StructureShape, value: Record<string, unknown>, message: string): void =>
  assert.throws(() => compileValidator(shape)(value), { code: 'ValidationException', wireMessage: message });

describe('validation in the words of AWS', () => {
  test('what is valid passes', () => {
    compileValidator(Encrypt.input)({
      KeyId: 'alias/a',
      Plaintext: Buffer.from('x'),
      EncryptionContext: { a: 'b' },
      GrantTokens: ['t'],
    });
  });

  test('missing members, in the order of the model', () => {
    failed(
      Encrypt.input,
      {},
      "2 validation errors detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null; " +
        "Value null at 'plaintext' failed to satisfy constraint: Member must not be null",
    );
  });

  test('length of a string, with its value', () => {
    const long = 'x'.repeat(2049);
    failed(
      Encrypt.input,
      { KeyId: long, Plaintext: Buffer.of(1) },
      `1 validation error detected: Value '${long}' at 'keyId' failed to satisfy constraint: ` +
        'Member must have length less than or equal to 2048',
    );
  });

  test('a blob is named without its value', () => {
    failed(
      Encrypt.input,
      { KeyId: 'a', Plaintext: Buffer.alloc(4097) },
      "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: " +
        'Member must have length less than or equal to 4096',
    );
  });

  test('a sensitive string is named without its value', () => {
    failed(
      CreateCustomKeyStore.input,
      { CustomKeyStoreName: 'a', KeyStorePassword: 'short' },
      "1 validation error detected: Value at 'keyStorePassword' failed to satisfy constraint: " +
        'Member must have length greater than or equal to 7',
    );
  });

  test('enum, with the whole value set', () => {
    failed(
      CreateKey.input,
      { Origin: 'MOON' },
      "1 validation error detected: Value 'MOON' at 'origin' failed to satisfy constraint: " +
        'Member must satisfy enum value set: [AWS_KMS, EXTERNAL, AWS_CLOUDHSM, EXTERNAL_KEY_STORE]',
    );
  });

  test('pattern', () => {
    failed(
      CreateKey.input,
      { XksKeyId: 'a b' },
      "1 validation error detected: Value 'a b' at 'xksKeyId' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: ^[a-zA-Z0-9-_.]+$',
    );
  });

  test('a pattern matches the whole value, whatever the model anchors', () => {
    failed(
      operations.GetKeyPolicy.input,
      { KeyId: 'a', PolicyName: 'a\n' },
      "1 validation error detected: Value 'a\n' at 'policyName' failed to satisfy constraint: " +
        'Member must satisfy regular expression pattern: [\\w]+',
    );
  });

  test('range', () => {
    failed(
      ListKeys.input,
      { Limit: 0 },
      "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: " +
        'Member must have value greater than or equal to 1',
    );
  });

  test('members of structures in a list have a path', () => {
    failed(
      TagResource.input,
      { KeyId: 'a', Tags: [{ TagKey: 'a', TagValue: 'b' }, { TagKey: '' }] },
      "2 validation errors detected: Value '' at 'tags.2.member.tagKey' failed to satisfy constraint: " +
        'Member must have length greater than or equal to 1; ' +
        "Value null at 'tags.2.member.tagValue' failed to satisfy constraint: Member must not be null",
    );
  });

  test('scalars in a list are told of the list, with all their constraints', () => {
    failed(
      UntagResource.input,
      { KeyId: 'a', TagKeys: ['ok', ''] },
      "1 validation error detected: Value '[ok, ]' at 'tagKeys' failed to satisfy constraint: " +
        'Member must satisfy constraint: [Member must have length less than or equal to 128, ' +
        'Member must have length greater than or equal to 1]',
    );
    assert.throws(
      () => compileValidator(CreateGrant.input)({ KeyId: 'a', GranteePrincipal: 'b', Operations: ['Fly'] }),
      /Value '\[Fly\]' at 'operations' failed to satisfy constraint: Member must satisfy constraint: \[Member must satisfy enum value set: \[Decrypt, Encrypt,/,
    );
  });

  test('nulls in lists and maps are refused', () => {
    assert.throws(
      () => compileValidator(TagResource.input)({ KeyId: 'a', Tags: [null] }),
      /at 'tags' failed to satisfy constraint: Member must satisfy constraint: \[Member must not be null\]/,
    );
    assert.throws(
      () =>
        compileValidator(Encrypt.input)({
          KeyId: 'a',
          Plaintext: Buffer.of(1),
          EncryptionContext: { k: null },
        }),
      /at 'encryptionContext' failed to satisfy constraint: Map value must satisfy constraint: \[Member must not be null\]/,
    );
  });

  test('map members and keys', () => {
    const inner: StructureShape = {
      type: 'structure',
      members: { Name: { type: 'string', min: 2 } },
      required: ['Name'],
    };
    const shape: StructureShape = {
      type: 'structure',
      members: { Things: { type: 'map', key: { type: 'string', max: 2 }, value: inner } },
      required: [],
    };
    failed(
      shape,
      { Things: { a: { Name: 'x' }, b: {} } },
      "2 validation errors detected: Value 'x' at 'things.a.member.name' failed to satisfy constraint: " +
        'Member must have length greater than or equal to 2; ' +
        "Value null at 'things.b.member.name' failed to satisfy constraint: Member must not be null",
    );
    failed(
      shape,
      { Things: { abc: { Name: 'xx' } } },
      "1 validation error detected: Value '{abc={Name=xx}}' at 'things' failed to satisfy constraint: " +
        'Map keys must satisfy constraint: [Member must have length less than or equal to 2]',
    );
  });

  test('ten errors are told, however many there are', () => {
    assert.throws(
      () => compileValidator(TagResource.input)({ KeyId: 'a', Tags: Array(5000).fill({}) }),
      /^ServiceError: 10 validation errors detected: /,
    );
  });
});
