import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { startKms, type TestKms } from '../support/kms.ts';

let kms: TestKms;
const plain = Buffer.from('plain');

before(async () => {
  kms = await startKms();
});
after(() => kms.stop());

const newKey = async () => (await kms.call('CreateKey')).KeyMetadata;
const describe = async (KeyId: string) => (await kms.call('DescribeKey', { KeyId })).KeyMetadata;
const encrypt = async (KeyId: string) =>
  (await kms.call('Encrypt', { KeyId, Plaintext: plain })).CiphertextBlob;
/** Days go by with the server in use, so that the clock is believed. */
async function pass(days: number): Promise<void> {
  for (let day = 0; day < days; day++) {
    kms.clock.time += DAY_MS;
    await kms.call('GenerateRandom', { NumberOfBytes: 1 });
  }
}

test('rotation on demand changes the material, and old ciphertexts still decrypt', async () => {
  const key = await newKey();
  const { KeyId } = key;
  const old = await encrypt(KeyId);
  assert.deepEqual(await kms.call('RotateKeyOnDemand', { KeyId }), { KeyId });
  const { CurrentKeyMaterialId } = await describe(KeyId);
  assert.notEqual(CurrentKeyMaterialId, key.CurrentKeyMaterialId);
  const fromOld = await kms.call('Decrypt', { CiphertextBlob: old });
  assert.equal(fromOld.KeyMaterialId, key.CurrentKeyMaterialId);
  assert.deepEqual(Buffer.from(fromOld.Plaintext), plain);
  const fromNew = await kms.call('Decrypt', { CiphertextBlob: await encrypt(KeyId) });
  assert.equal(fromNew.KeyMaterialId, CurrentKeyMaterialId);

  const { Rotations, Truncated } = await kms.call('ListKeyRotations', { KeyId });
  assert.equal(Truncated, false);
  assert.deepEqual(Rotations, [
    {
      KeyId,
      KeyMaterialId: CurrentKeyMaterialId,
      KeyMaterialState: 'CURRENT',
      RotationDate: kms.clock.time,
      RotationType: 'ON_DEMAND',
    },
  ]);
  const all = await kms.call('ListKeyRotations', { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL', Limit: 1 });
  assert.deepEqual(all.Rotations, [
    { KeyId, KeyMaterialId: key.CurrentKeyMaterialId, KeyMaterialState: 'NON_CURRENT' },
  ]);
  assert.equal(all.Truncated, true);
});

test('a key rotates on demand 25 times and no more', async () => {
  const { KeyId, Arn } = await newKey();
  for (let i = 0; i < 25; i++) await kms.call('RotateKeyOnDemand', { KeyId });
  const error = await kms.error('RotateKeyOnDemand', { KeyId });
  assert.equal(error.code, 'LimitExceededException');
  assert.ok(error.wireMessage?.endsWith(`for this key: ${Arn}`));
});

test('two rotations at once both count, one after the other', async () => {
  const { KeyId } = await newKey();
  await Promise.all([1, 2, 3].map(() => kms.call('RotateKeyOnDemand', { KeyId })));
  assert.equal((await kms.call('ListKeyRotations', { KeyId })).Rotations.length, 3);
});

test('automatic rotation happens when its period is over, and again', async () => {
  const key = await newKey();
  const { KeyId } = key;
  assert.deepEqual(await kms.call('GetKeyRotationStatus', { KeyId }), { KeyId, KeyRotationEnabled: false });
  await kms.call('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 });
  const enabled = kms.clock.time;
  assert.deepEqual(await kms.call('GetKeyRotationStatus', { KeyId }), {
    KeyId,
    KeyRotationEnabled: true,
    RotationPeriodInDays: 90,
    NextRotationDate: enabled + 90 * DAY_MS,
  });
  const old = await encrypt(KeyId);
  await pass(89);
  await kms.runJobs();
  assert.equal((await describe(KeyId)).CurrentKeyMaterialId, key.CurrentKeyMaterialId);
  await pass(1);
  await kms.runJobs();
  const second = (await describe(KeyId)).CurrentKeyMaterialId;
  assert.notEqual(second, key.CurrentKeyMaterialId);
  const { Rotations } = await kms.call('ListKeyRotations', { KeyId });
  assert.equal(Rotations[0].RotationType, 'AUTOMATIC');
  assert.equal((await kms.call('Decrypt', { CiphertextBlob: old })).KeyMaterialId, key.CurrentKeyMaterialId);
  await pass(90);
  await kms.runJobs();
  assert.equal((await kms.call('ListKeyRotations', { KeyId })).Rotations.length, 2);
  const event = (await kms.events()).findLast(({ envelope }) => envelope.name === 'RotateKey');
  assert.equal(event?.envelope.type, 'AwsServiceEvent');
  assert.equal(event?.body.additionalEventData.rotationType, 'AUTOMATIC');
});

test('rotation that was disabled does not happen', async () => {
  const { KeyId, CurrentKeyMaterialId } = await newKey();
  await kms.call('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 });
  await kms.call('DisableKeyRotation', { KeyId });
  await pass(91);
  await kms.runJobs();
  assert.equal((await describe(KeyId)).CurrentKeyMaterialId, CurrentKeyMaterialId);
  assert.equal((await kms.call('GetKeyRotationStatus', { KeyId })).KeyRotationEnabled, false);
});

test('a disabled key rotates as soon as it is enabled again', async () => {
  const { KeyId, CurrentKeyMaterialId } = await newKey();
  await kms.call('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 });
  await kms.call('DisableKey', { KeyId });
  await pass(91);
  await kms.runJobs();
  assert.equal((await describe(KeyId)).CurrentKeyMaterialId, CurrentKeyMaterialId);
  await kms.call('EnableKey', { KeyId });
  await kms.runJobs();
  assert.notEqual((await describe(KeyId)).CurrentKeyMaterialId, CurrentKeyMaterialId);
});

test('a pending deletion shows rotation as off, and cancelling restores it', async () => {
  const { KeyId } = await newKey();
  await kms.call('EnableKeyRotation', { KeyId });
  await kms.call('ScheduleKeyDeletion', { KeyId });
  assert.equal((await kms.call('GetKeyRotationStatus', { KeyId })).KeyRotationEnabled, false);
  await kms.call('CancelKeyDeletion', { KeyId });
  const status = await kms.call('GetKeyRotationStatus', { KeyId });
  assert.equal(status.KeyRotationEnabled, true);
  assert.equal(status.RotationPeriodInDays, 365);
});
