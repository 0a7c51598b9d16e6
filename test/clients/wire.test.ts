/** Each operation's answer as it is on the wire: its exact fields, or an empty body; and the form of errors. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { operationTable } from '../../src/kms/operation-table.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { oaep } from '../support/wrapping.ts';
import { type RawCall, type RawReply, rawCaller } from './raw.ts';

let server: TestServer;
let call: RawCall;
const called = new Set<string>();

before(async () => {
  server = await startServer();
  const raw = rawCaller(server);
  call = (operation, input, options) => {
    called.add(operation);
    return raw(operation, input, options);
  };
});
after(() => server.stop());

type Fields = Readonly<Record<string, unknown>>;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const materialId = /^[0-9a-f]{64}$/;
const keyArn = (keyId: string) => `arn:aws:kms:us-east-1:000000000000:key/${keyId}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

const checkReply = (reply: RawReply, status: number): void => {
  assert.equal(reply.status, status, reply.body);
  assert.match(reply.headers.get('x-amzn-requestid') ?? '', uuid);
  assert.equal(reply.headers.get('content-length'), String(Buffer.byteLength(reply.body)));
  if (reply.body !== '') assert.equal(reply.headers.get('content-type'), 'application/x-amz-json-1.1');
};

const succeed = async (operation: string, input: object): Promise<RawReply> => {
  const reply = await call(operation, input);
  checkReply(reply, 200);
  return reply;
};

/** What is answered, whose fields must be these and no others. */
const answer = async (operation: string, input: object, fields: readonly string[]): Promise<Fields> => {
  const { json = {} } = await succeed(operation, input);
  assert.deepEqual(Object.keys(json).sort(), [...fields].sort(), operation);
  return json;
};

const nothing = async (operation: string, input: object): Promise<void> => {
  assert.equal((await succeed(operation, input)).body, '', operation);
};

const first = (list: unknown): Fields => {
  assert.ok(Array.isArray(list) && list.length > 0);
  return list[0];
};

const fieldsOf = (value: unknown): readonly string[] => Object.keys(value as object).sort();

const isTime = (value: unknown): void => {
  assert.equal(typeof value, 'number');
  assert.ok(Math.abs(Number(value) - Date.now() / 1000) < 366 * 86_400);
};

const metadataFields = [
  'AWSAccountId',
  'Arn',
  'CreationDate',
  'CurrentKeyMaterialId',
  'CustomerMasterKeySpec',
  'Description',
  'Enabled',
  'EncryptionAlgorithms',
  'KeyId',
  'KeyManager',
  'KeySpec',
  'KeyState',
  'KeyUsage',
  'MultiRegion',
  'Origin',
];

describe('answers', () => {
  let KeyId: string;

  before(async () => {
    const { KeyMetadata } = await answer('CreateKey', { Description: 'wire' }, ['KeyMetadata']);
    KeyId = String((KeyMetadata as Fields).KeyId);
  });

  test('CreateKey and DescribeKey', async () => {
    const created = (await answer('CreateKey', {}, ['KeyMetadata'])).KeyMetadata as Fields;
    const described = (await answer('DescribeKey', { KeyId: created.KeyId }, ['KeyMetadata'])).KeyMetadata;
    assert.deepEqual(described, created);
    assert.deepEqual(fieldsOf(created), metadataFields);
    const { KeyId: id, CreationDate, CurrentKeyMaterialId, Arn, ...rest } = created;
    assert.match(String(id), uuid);
    assert.equal(Arn, keyArn(String(id)));
    assert.match(String(CurrentKeyMaterialId), materialId);
    isTime(CreationDate);
    assert.deepEqual(rest, {
      AWSAccountId: '000000000000',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      Description: '',
      Enabled: true,
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      KeyManager: 'CUSTOMER',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyState: 'Enabled',
      KeyUsage: 'ENCRYPT_DECRYPT',
      MultiRegion: false,
      Origin: 'AWS_KMS',
    });
  });

  test('ListKeys', async () => {
    const { Keys, Truncated } = await answer('ListKeys', {}, ['Keys', 'Truncated']);
    assert.equal(Truncated, false);
    assert.deepEqual(fieldsOf(first(Keys)), ['KeyArn', 'KeyId']);
    await answer('CreateKey', {}, ['KeyMetadata']);
    const page = await answer('ListKeys', { Limit: 1 }, ['Keys', 'NextMarker', 'Truncated']);
    assert.equal(page.Truncated, true);
    assert.match(String(page.NextMarker), /^[\u0020-\u00FF]{1,1024}$/);
  });

  test('UpdateKeyDescription, DisableKey and EnableKey', async () => {
    await nothing('UpdateKeyDescription', { KeyId, Description: 'other' });
    await nothing('DisableKey', { KeyId });
    await nothing('EnableKey', { KeyId });
  });

  test('Encrypt, Decrypt and ReEncrypt', async () => {
    const encrypted = await answer('Encrypt', { KeyId, Plaintext: base64('a') }, [
      'CiphertextBlob',
      'EncryptionAlgorithm',
      'KeyId',
    ]);
    const { CiphertextBlob, ...facts } = encrypted;
    assert.deepEqual(facts, { KeyId: keyArn(KeyId), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    const decrypted = await answer('Decrypt', { CiphertextBlob }, [
      'EncryptionAlgorithm',
      'KeyId',
      'KeyMaterialId',
      'Plaintext',
    ]);
    const { KeyMaterialId, ...rest } = decrypted;
    assert.match(String(KeyMaterialId), materialId);
    assert.deepEqual(rest, {
      KeyId: keyArn(KeyId),
      Plaintext: base64('a'),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    });
    const moved = await answer('ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId }, [
      'CiphertextBlob',
      'DestinationEncryptionAlgorithm',
      'DestinationKeyMaterialId',
      'KeyId',
      'SourceEncryptionAlgorithm',
      'SourceKeyId',
      'SourceKeyMaterialId',
    ]);
    assert.equal(moved.KeyId, keyArn(KeyId));
    assert.equal(moved.SourceKeyId, keyArn(KeyId));
    assert.equal(moved.SourceKeyMaterialId, KeyMaterialId);
  });

  test('GenerateDataKey, without plaintext too, and GenerateRandom', async () => {
    const withPlaintext = await answer('GenerateDataKey', { KeyId, KeySpec: 'AES_256' }, [
      'CiphertextBlob',
      'KeyId',
      'KeyMaterialId',
      'Plaintext',
    ]);
    assert.equal(Buffer.from(String(withPlaintext.Plaintext), 'base64').length, 32);
    assert.equal(withPlaintext.KeyId, keyArn(KeyId));
    const input = { KeyId, NumberOfBytes: 1024 };
    const without = await answer('GenerateDataKeyWithoutPlaintext', input, [
      'CiphertextBlob',
      'KeyId',
      'KeyMaterialId',
    ]);
    assert.equal(without.KeyMaterialId, withPlaintext.KeyMaterialId);
    const { Plaintext } = await answer('GenerateRandom', { NumberOfBytes: 1024 }, ['Plaintext']);
    assert.equal(Buffer.from(String(Plaintext), 'base64').length, 1024);
  });

  test('aliases', async () => {
    const AliasName = 'alias/wire';
    await nothing('CreateAlias', { AliasName, TargetKeyId: KeyId });
    await nothing('UpdateAlias', { AliasName, TargetKeyId: KeyId });
    const { Aliases } = await answer('ListAliases', { KeyId }, ['Aliases', 'Truncated']);
    const { CreationDate, LastUpdatedDate, ...rest } = first(Aliases);
    isTime(CreationDate);
    isTime(LastUpdatedDate);
    const AliasArn = `arn:aws:kms:us-east-1:000000000000:${AliasName}`;
    assert.deepEqual(rest, { AliasName, AliasArn, TargetKeyId: KeyId });
    await nothing('DeleteAlias', { AliasName });
  });

  test('tags', async () => {
    await nothing('TagResource', { KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] });
    const listed = await answer('ListResourceTags', { KeyId }, ['Tags', 'Truncated']);
    assert.deepEqual(listed, { Tags: [{ TagKey: 'a', TagValue: 'b' }], Truncated: false });
    await nothing('UntagResource', { KeyId, TagKeys: ['a', 'never there'] });
  });

  test('policies', async () => {
    const { Policy, PolicyName } = await answer('GetKeyPolicy', { KeyId }, ['Policy', 'PolicyName']);
    assert.equal(PolicyName, 'default');
    assert.equal(JSON.parse(String(Policy)).Statement.length, 1);
    await nothing('PutKeyPolicy', { KeyId, Policy });
    assert.deepEqual(await answer('ListKeyPolicies', { KeyId }, ['PolicyNames', 'Truncated']), {
      PolicyNames: ['default'],
      Truncated: false,
    });
  });

  test('rotation', async () => {
    const off = await answer('GetKeyRotationStatus', { KeyId }, ['KeyId', 'KeyRotationEnabled']);
    assert.equal(off.KeyRotationEnabled, false);
    await nothing('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 });
    const on = await answer('GetKeyRotationStatus', { KeyId }, [
      'KeyId',
      'KeyRotationEnabled',
      'NextRotationDate',
      'RotationPeriodInDays',
    ]);
    isTime(on.NextRotationDate);
    await nothing('DisableKeyRotation', { KeyId });
    const none = await answer('ListKeyRotations', { KeyId }, ['Rotations', 'Truncated']);
    assert.deepEqual(none.Rotations, []);
    await answer('RotateKeyOnDemand', { KeyId }, ['KeyId']);
    const { Rotations } = await answer('ListKeyRotations', { KeyId }, ['Rotations', 'Truncated']);
    const { RotationDate, KeyMaterialId, ...rest } = first(Rotations);
    isTime(RotationDate);
    assert.match(String(KeyMaterialId), materialId);
    assert.deepEqual(rest, { KeyId, KeyMaterialState: 'CURRENT', RotationType: 'ON_DEMAND' });
    const input = { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' };
    const all = await answer('ListKeyRotations', input, ['Rotations', 'Truncated']);
    assert.deepEqual(fieldsOf(first(all.Rotations)), ['KeyId', 'KeyMaterialId', 'KeyMaterialState']);
  });

  test('GetKeyLastUsage', async () => {
    const { KeyMetadata } = await answer('CreateKey', {}, ['KeyMetadata']);
    const { KeyId: unused } = KeyMetadata as Fields;
    const fields = ['KeyCreationDate', 'KeyId', 'KeyLastUsage', 'TrackingStartDate'];
    const before = await answer('GetKeyLastUsage', { KeyId: unused }, fields);
    assert.deepEqual(before.KeyLastUsage, {});
    isTime(before.TrackingStartDate);
    const used = await succeed('Encrypt', { KeyId: unused, Plaintext: base64('a') });
    const { KeyLastUsage } = await answer('GetKeyLastUsage', { KeyId: unused }, fields);
    const { Timestamp, CloudTrailEventId, ...rest } = KeyLastUsage as Fields;
    isTime(Timestamp);
    assert.match(String(CloudTrailEventId), uuid);
    assert.deepEqual(rest, { Operation: 'Encrypt', KmsRequestId: used.headers.get('x-amzn-requestid') });
  });

  test('ScheduleKeyDeletion and CancelKeyDeletion', async () => {
    const scheduled = await answer('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }, [
      'DeletionDate',
      'KeyId',
      'KeyState',
      'PendingWindowInDays',
    ]);
    const { DeletionDate, ...rest } = scheduled;
    isTime(DeletionDate);
    assert.deepEqual(rest, { KeyId: keyArn(KeyId), KeyState: 'PendingDeletion', PendingWindowInDays: 7 });
    const { KeyMetadata } = await answer('DescribeKey', { KeyId }, ['KeyMetadata']);
    assert.deepEqual(fieldsOf(KeyMetadata), [...metadataFields, 'DeletionDate'].sort());
    assert.deepEqual(await answer('CancelKeyDeletion', { KeyId }, ['KeyId']), { KeyId: keyArn(KeyId) });
  });
});

test('an error has a type and a message, and no message where AWS sends none', async () => {
  const missing = '00000000-0000-4000-8000-000000000000';
  const notFound = await call('DescribeKey', { KeyId: missing });
  checkReply(notFound, 400);
  assert.deepEqual(notFound.json, {
    __type: 'NotFoundException',
    message: `Key '${keyArn(missing)}' does not exist`,
  });
  const foreign = await call('Decrypt', { CiphertextBlob: base64('not a ciphertext') });
  checkReply(foreign, 400);
  assert.deepEqual(foreign.json, { __type: 'InvalidCiphertextException' });
});

test('material is brought in and taken away', async () => {
  const { KeyMetadata } = await answer('CreateKey', { Origin: 'EXTERNAL' }, ['KeyMetadata']);
  const { KeyId } = KeyMetadata as { readonly KeyId: string };
  const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' };
  const { ParametersValidTo, ...parameters } = await answer(
    'GetParametersForImport',
    { KeyId, ...wrapping },
    ['ImportToken', 'KeyId', 'ParametersValidTo', 'PublicKey'],
  );
  isTime(ParametersValidTo);
  assert.equal(parameters.KeyId, keyArn(KeyId));
  const wrapped = oaep()(Buffer.from(String(parameters.PublicKey), 'base64'), randomBytes(32));
  const brought = await answer(
    'ImportKeyMaterial',
    {
      KeyId,
      ImportToken: parameters.ImportToken,
      EncryptedKeyMaterial: wrapped.toString('base64'),
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    },
    ['KeyId', 'KeyMaterialId'],
  );
  assert.match(String(brought.KeyMaterialId), materialId);
  assert.deepEqual(await answer('DeleteImportedKeyMaterial', { KeyId }, ['KeyId', 'KeyMaterialId']), brought);
});

test('custom key stores: without one', async () => {
  const none = await answer('DescribeCustomKeyStores', {}, ['CustomKeyStores', 'Truncated']);
  assert.deepEqual(none, { CustomKeyStores: [], Truncated: false });
});

/** These need a cluster of HSMs: key-store.test.ts. */
const withCluster = [
  'ConnectCustomKeyStore',
  'CreateCustomKeyStore',
  'DeleteCustomKeyStore',
  'DisconnectCustomKeyStore',
  'UpdateCustomKeyStore',
];

test('every operation was called', () => {
  assert.deepEqual([...called, ...withCluster].sort(), Object.keys(operationTable).sort());
});
