import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { ACCOUNT, type CallOptions, OTHER_ACCOUNT, startKms, type TestKms } from '../support/kms.ts';

let kms: TestKms;
const plain = Buffer.from('plain');

before(async () => {
  kms = await startKms();
});
after(() => kms.stop());

const newKey = async (input: object = {}) => (await kms.call('CreateKey', input)).KeyMetadata;
const describe = async (KeyId: string) => (await kms.call('DescribeKey', { KeyId })).KeyMetadata;
const code = async (operation: string, input: object, options: CallOptions = {}) =>
  (await kms.error(operation, input, options)).code;

/** Days go by with the server in use, so that the clock is believed. */
async function pass(days: number): Promise<void> {
  for (let day = 0; day < days; day++) {
    kms.clock.time += DAY_MS;
    await kms.call('GenerateRandom', { NumberOfBytes: 1 });
  }
}

test('a new key has exactly the fields that AWS gives one', async () => {
  const key = await newKey({ Description: 'mine', Tags: [{ TagKey: 'a', TagValue: 'b' }] });
  assert.deepEqual(await describe(key.KeyId), key);
  assert.match(key.KeyId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const { KeyId, CurrentKeyMaterialId, ...rest } = key;
  assert.match(CurrentKeyMaterialId, /^[0-9a-f]{64}$/);
  assert.deepEqual(rest, {
    AWSAccountId: ACCOUNT,
    Arn: `arn:aws:kms:eu-central-1:${ACCOUNT}:key/${KeyId}`,
    CreationDate: kms.clock.time,
    Enabled: true,
    Description: 'mine',
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: 'Enabled',
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: false,
  });
});

test('a multi-Region key is the primary of itself', async () => {
  const key = await newKey({ MultiRegion: true });
  assert.match(key.KeyId, /^mrk-[0-9a-f]{32}$/);
  assert.deepEqual(key.MultiRegionConfiguration, {
    MultiRegionKeyType: 'PRIMARY',
    PrimaryKey: { Arn: key.Arn, Region: 'eu-central-1' },
    ReplicaKeys: [],
  });
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: key.KeyId, Plaintext: plain });
  assert.deepEqual(Buffer.from((await kms.call('Decrypt', { CiphertextBlob })).Plaintext), plain);
});

test('kinds of key that are not built or do not exist are refused as AWS would', async () => {
  const cases: readonly [object, string][] = [
    [{ KeySpec: 'RSA_2048' }, 'ValidationException'],
    [{ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperationException'],
    [{ KeySpec: 'RSA_2048', KeyUsage: 'GENERATE_VERIFY_MAC' }, 'ValidationException'],
    [{ KeyUsage: 'SIGN_VERIFY' }, 'ValidationException'],
    [{ KeySpec: 'SYMMETRIC_DEFAULT', CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT' }, 'ValidationException'],
    [{ Origin: 'AWS_CLOUDHSM' }, 'ValidationException'],
    [{ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1' }, 'CustomKeyStoreNotFoundException'],
    [{ CustomKeyStoreId: 'cks-1' }, 'ValidationException'],
    [{ XksKeyId: 'x' }, 'ValidationException'],
  ];
  for (const [input, expected] of cases)
    assert.equal(await code('CreateKey', input), expected, JSON.stringify(input));
});

test('keys are found by id and ARN, and what is not found is named as AWS names it', async () => {
  const { KeyId, Arn } = await newKey();
  assert.equal((await describe(Arn)).KeyId, KeyId);
  const absent = '12345678-1234-1234-1234-123456789012';
  const cases: readonly [string, string, string][] = [
    [absent, 'NotFoundException', `Key '${Arn.replace(KeyId, absent)}' does not exist`],
    [Arn.replace(KeyId, absent), 'NotFoundException', `Key '${Arn.replace(KeyId, absent)}' does not exist`],
    ['nonsense', 'NotFoundException', "Invalid keyId 'nonsense'"],
    [Arn.replace('eu-central-1', 'us-east-1'), 'NotFoundException', 'Invalid arn us-east-1'],
    ['alias/none', 'NotFoundException', `Alias arn:aws:kms:eu-central-1:${ACCOUNT}:alias/none is not found.`],
    ['arn:aws:s3:::bucket', 'InvalidArnException', 'Invalid arn arn:aws:s3:::bucket'],
  ];
  for (const [name, expected, message] of cases) {
    const error = await kms.error('DescribeKey', { KeyId: name });
    assert.equal(error.code, expected);
    assert.equal(error.wireMessage, message);
  }
  await kms.call('CreateAlias', { AliasName: 'alias/named', TargetKeyId: KeyId });
  assert.equal(await code('DisableKey', { KeyId: 'alias/named' }), 'NotFoundException');
});

test('a disabled key is refused for use, and works again when enabled', async () => {
  const { KeyId, Arn } = await newKey();
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId, Plaintext: plain });
  await kms.call('DisableKey', { KeyId });
  await kms.call('DisableKey', { KeyId });
  assert.equal((await describe(KeyId)).KeyState, 'Disabled');
  assert.equal((await describe(KeyId)).Enabled, false);
  for (const [operation, input] of [
    ['Encrypt', { KeyId, Plaintext: plain }],
    ['Decrypt', { CiphertextBlob }],
    ['GenerateDataKey', { KeyId, KeySpec: 'AES_256' }],
    ['ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId }],
    ['RotateKeyOnDemand', { KeyId }],
    ['EnableKeyRotation', { KeyId }],
  ] as const) {
    const error = await kms.error(operation, input);
    assert.equal(error.code, 'DisabledException', operation);
    assert.equal(error.wireMessage, `${Arn} is disabled.`);
  }
  await kms.call('UpdateKeyDescription', { KeyId, Description: 'still mine' });
  await kms.call('EnableKey', { KeyId });
  await kms.call('EnableKey', { KeyId });
  assert.deepEqual(Buffer.from((await kms.call('Decrypt', { CiphertextBlob })).Plaintext), plain);
  assert.equal((await describe(KeyId)).Description, 'still mine');
});

test('a key pending deletion is refused for all that changes or uses it, and comes back disabled', async () => {
  const { KeyId, Arn } = await newKey();
  const answer = await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  assert.deepEqual(answer, {
    KeyId: Arn,
    DeletionDate: kms.clock.time + 7 * DAY_MS,
    KeyState: 'PendingDeletion',
    PendingWindowInDays: 7,
  });
  for (const [operation, input] of [
    ['Encrypt', { KeyId, Plaintext: plain }],
    ['EnableKey', { KeyId }],
    ['DisableKey', { KeyId }],
    ['ScheduleKeyDeletion', { KeyId }],
    ['TagResource', { KeyId, Tags: [{ TagKey: 'a', TagValue: '' }] }],
    ['UntagResource', { KeyId, TagKeys: ['a'] }],
    ['UpdateKeyDescription', { KeyId, Description: '' }],
    ['CreateAlias', { AliasName: 'alias/late', TargetKeyId: KeyId }],
  ] as const) {
    const error = await kms.error(operation, input);
    assert.equal(error.code, 'KMSInvalidStateException', operation);
    assert.equal(error.wireMessage, `${Arn} is pending deletion.`);
  }
  await kms.call('PutKeyPolicy', { KeyId, Policy: (await kms.call('GetKeyPolicy', { KeyId })).Policy });
  assert.deepEqual(await kms.call('CancelKeyDeletion', { KeyId }), { KeyId: Arn });
  const back = await describe(KeyId);
  assert.equal(back.KeyState, 'Disabled');
  assert.equal(back.DeletionDate, undefined);
  assert.equal(await code('CancelKeyDeletion', { KeyId }), 'KMSInvalidStateException');
  for (const PendingWindowInDays of [6, 31])
    assert.equal(await code('ScheduleKeyDeletion', { KeyId, PendingWindowInDays }), 'ValidationException');
});

test('after its date a key is destroyed: gone for every call, its token erased, its lineage kept', async () => {
  const { KeyId, Arn, CurrentKeyMaterialId } = await newKey();
  await kms.call('CreateAlias', { AliasName: 'alias/doomed', TargetKeyId: KeyId });
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId, Plaintext: plain });
  const row = `${ACCOUNT}/eu-central-1/${KeyId}/${CurrentKeyMaterialId}`;
  const { token } = (await kms.rows.get<{ token: string }>('material', row))?.value ?? { token: '' };
  assert.ok(token.length > 50);
  await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  kms.clock.time -= 1;
  await pass(7);
  await kms.runJobs();
  assert.equal((await describe(KeyId)).KeyState, 'PendingDeletion');
  kms.clock.time += 1;
  await kms.runJobs();
  assert.equal(await code('DescribeKey', { KeyId }), 'NotFoundException');
  assert.equal(await code('DescribeKey', { KeyId: 'alias/doomed' }), 'NotFoundException');
  assert.equal(await code('Decrypt', { CiphertextBlob }), 'InvalidCiphertextException');
  assert.equal(await kms.rows.get('material', row), undefined);
  for (const name of await readdir(kms.folder, { recursive: true, withFileTypes: true }))
    if (name.isFile()) {
      const bytes = await readFile(join(name.parentPath, name.name));
      assert.ok(!bytes.includes(token), `the token is still in ${name.name}`);
    }
  const lineage = await kms.rows.scan<{ event: string }>('lineage', row, { limit: 10 });
  assert.deepEqual(
    lineage.map(({ value }) => value.event),
    ['made', 'destroyed'],
  );
  const event = (await kms.events()).findLast(({ envelope }) => envelope.name === 'DeleteKey');
  assert.equal(event?.envelope.type, 'AwsServiceEvent');
  assert.deepEqual(event?.envelope.resources, [Arn]);
});

test('a cancelled deletion destroys nothing when its date comes', async () => {
  const { KeyId } = await newKey();
  await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  await kms.call('CancelKeyDeletion', { KeyId });
  await pass(5);
  await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 30 });
  await pass(5);
  await kms.runJobs();
  assert.equal((await describe(KeyId)).KeyState, 'PendingDeletion');
});

test('nothing is destroyed by a clock that jumped, until somebody says that it is right', async () => {
  const { KeyId } = await newKey();
  await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  kms.clock.time += 8 * DAY_MS;
  const runner = await kms.runJobs();
  assert.equal(runner.status().clock, 'held');
  assert.equal((await describe(KeyId)).KeyState, 'PendingDeletion');
  await kms.guard().acknowledgeClock(kms.clock.time);
  await kms.runJobs();
  assert.equal(await code('DescribeKey', { KeyId }), 'NotFoundException');
});

test('keys are listed by account and Region, page by page', async () => {
  const region = 'ap-south-1';
  const made: string[] = [];
  for (let i = 0; i < 5; i++) made.push((await kms.call('CreateKey', {}, { region })).KeyMetadata.KeyId);
  await kms.call('CreateKey', {}, { region, account: OTHER_ACCOUNT });
  const found: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await kms.call('ListKeys', { Limit: 2, Marker }, { region });
    assert.equal(page.Truncated, page.NextMarker !== undefined);
    found.push(...page.Keys.map(({ KeyId }: { KeyId: string }) => KeyId));
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  assert.deepEqual(found, made.toSorted());
  const marker = (await kms.call('ListKeys', { Limit: 2 }, { region })).NextMarker;
  const [listing] = JSON.parse(Buffer.from(marker, 'base64url').toString());
  const after = (last: string) => Buffer.from(JSON.stringify([listing, last])).toString('base64url');
  await kms.call('ListKeys', { Marker: after('a') }, { region });
  for (const bad of ['nonsense', after('\ud800'), after('\0')])
    assert.equal(await code('ListKeys', { Marker: bad }, { region }), 'InvalidMarkerException');
  for (const elsewhere of [{ region: 'ap-south-2' }, { region, account: OTHER_ACCOUNT }])
    assert.equal(await code('ListKeys', { Marker: marker }, elsewhere), 'InvalidMarkerException');
});

test('an AWS managed key is made when first asked for, once, and belongs to its service', async () => {
  const region = 'sa-east-1';
  const s3 = { region, invokedBy: 's3.amazonaws.com' };
  const before = await kms.call('ListAliases', {}, { region });
  assert.deepEqual(
    before.Aliases.map(({ AliasName, TargetKeyId }: Record<string, string>) => [AliasName, TargetKeyId]),
    [
      ['alias/aws/ebs', undefined],
      ['alias/aws/s3', undefined],
    ],
  );
  const use = { KeyId: 'alias/aws/s3', KeySpec: 'AES_256' };
  assert.equal((await kms.error('GenerateDataKey', use, { region })).code, 'NotFoundException');
  const made = await Promise.all([1, 2, 3].map(() => kms.call('GenerateDataKey', use, s3)));
  assert.equal(new Set(made.map(({ KeyId }) => KeyId)).size, 1);
  const key = (await kms.call('DescribeKey', { KeyId: 'alias/aws/s3' }, { region })).KeyMetadata;
  assert.equal(key.KeyManager, 'AWS');
  assert.equal(
    (await kms.call('GetKeyRotationStatus', { KeyId: key.KeyId }, { region })).KeyRotationEnabled,
    true,
  );
  const { KeyId } = key;
  for (const [operation, input] of [
    ['Encrypt', { KeyId, Plaintext: plain }],
    ['DisableKey', { KeyId }],
    ['ScheduleKeyDeletion', { KeyId }],
    ['PutKeyPolicy', { KeyId, Policy: '{}' }],
    ['TagResource', { KeyId, Tags: [] }],
    ['CreateAlias', { AliasName: 'alias/mine', TargetKeyId: KeyId }],
    ['RotateKeyOnDemand', { KeyId }],
    ['DisableKeyRotation', { KeyId }],
  ] as const)
    assert.equal((await kms.error(operation, input, { region })).code, 'AccessDeniedException', operation);
  const [first] = made;
  await kms.call('Decrypt', { CiphertextBlob: first.CiphertextBlob }, s3);
  assert.equal(
    (await kms.error('Decrypt', { CiphertextBlob: first.CiphertextBlob }, { region })).code,
    'AccessDeniedException',
  );
  const { Keys } = await kms.call('ListKeys', {}, { region });
  assert.deepEqual(
    Keys.map((entry: { KeyId: string }) => entry.KeyId),
    [KeyId],
  );
});

test('an operation of AWS that is not built is refused by name', async () => {
  const { KeyId } = await newKey();
  const error = await kms.error('GetPublicKey', { KeyId });
  assert.equal(error.code, 'UnsupportedOperationException');
});
