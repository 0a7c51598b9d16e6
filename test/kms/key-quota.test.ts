import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { OTHER_ACCOUNT, startKms, type TestKms } from '../support/kms.ts';

let kms: TestKms;
before(async () => {
  kms = await startKms({ keyQuota: 3 });
});
after(() => kms.stop());

const create = async (region: string): Promise<string> =>
  (await kms.call('CreateKey', {}, { region })).KeyMetadata.KeyId;
const refused = async (region: string) => {
  const { code, message } = await kms.error('CreateKey', {}, { region });
  assert.equal(code, 'LimitExceededException');
  assert.match(message, /3 KMS keys/);
};

test('an account has so many keys in a Region, and as many in each other one', async () => {
  for (let i = 0; i < 3; i++) await create('eu-west-1');
  await refused('eu-west-1');
  await create('eu-west-2');
  await kms.call('CreateKey', {}, { region: 'eu-west-1', account: OTHER_ACCOUNT });
});

test('calls at one time do not go over it', async () => {
  const region = 'eu-central-1';
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => create(region)));
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3);
  assert.equal((await kms.call('ListKeys', {}, { region })).Keys.length, 3);
});

test('a call that fails takes no room', async () => {
  const region = 'eu-north-1';
  for (let i = 0; i < 5; i++)
    await kms.error(
      'CreateKey',
      { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1234567890abcdef0' },
      { region },
    );
  for (let i = 0; i < 3; i++) await create(region);
});

test('keys that AWS manages are not counted', async () => {
  const region = 'eu-south-1';
  await kms.call('DescribeKey', { KeyId: 'alias/aws/s3' }, { region });
  for (let i = 0; i < 3; i++) await create(region);
  await refused(region);
});

test('a key counts until it is destroyed', async () => {
  const region = 'eu-south-2';
  const [KeyId] = [await create(region), await create(region), await create(region)];
  await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }, { region });
  await refused(region);
  kms.clock.time += 7 * DAY_MS + 1;
  await refused(region);
  await kms.guard().acknowledgeClock(kms.clock.time);
  await kms.runJobs();
  kms.clock.time += 31_000;
  await create(region);
  await refused(region);
});
