import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { encodeBinding } from '../../src/engine/protocol/binding.ts';
import { type AccessKey, accessKeyBinding } from '../../src/identity/access-keys.ts';
import { OPERATOR_ACCOUNT } from '../../src/operator/operation.ts';
import { startOperator, type TestOperator, UID } from '../support/operator.ts';

interface Key {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
}
interface Made {
  readonly AccountId: string;
  readonly Name: string;
  readonly AccessKey: Key;
}

let operator: TestOperator;
before(async () => {
  operator = await startOperator();
});
after(() => operator.stop());

const create = (input: object = {}) => operator.call<Made>('CreateAccount', input);
const refused = (operation: string, input: object, message: RegExp) =>
  assert.rejects(operator.call(operation, input), { name: 'Failure', message });

/** Whether the secret is the one in the stored token: both give the same signing key (AWS SigV4, "Signing key"). */
async function isSecretOf({ AccessKeyId, SecretAccessKey }: Key): Promise<boolean> {
  const scope = { date: '20260115', region: 'eu-west-1', service: 'kms' };
  const row = await operator.rows.get<AccessKey>('access-key', AccessKeyId);
  assert.ok(row);
  const binding = encodeBinding(accessKeyBinding(AccessKeyId, row.value.account));
  const token = Buffer.from(row.value.token, 'base64');
  const { key } = await operator.parts.engine.call('signingKey', { binding, token, ...scope });
  const derived = [scope.date, scope.region, scope.service, 'aws4_request'].reduce(
    (secret: Buffer, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${SecretAccessKey}`),
  );
  return derived.equals(key);
}

test('a new account has a root access key whose secret is in the answer and nowhere in the journal', async () => {
  const made = await create({ Name: 'Größe & Söhne' });
  assert.match(made.AccountId, /^[0-9]{12}$/);
  assert.equal(made.Name, 'Größe & Söhne');
  assert.ok(await isSecretOf(made.AccessKey));
  const events = (await operator.journalled()).filter((event) => event.includes('CreateAccount'));
  assert.equal(events.length, 1);
  const [event = ''] = events;
  assert.match(event, new RegExp(`"account":"${OPERATOR_ACCOUNT}"`));
  assert.match(event, new RegExp(`operator:${UID}`));
  assert.match(event, new RegExp(`arn:aws:iam::${made.AccountId}:root`));
  assert.match(event, new RegExp(made.AccessKey.AccessKeyId));
  assert.doesNotMatch(event, new RegExp(made.AccessKey.SecretAccessKey.replace(/[+/]/g, '\\$&')));
});

test('an account may have a chosen id, which nobody else has', async () => {
  const made = await create({ AccountId: '111122223333' });
  assert.deepEqual([made.AccountId, made.Name], ['111122223333', '111122223333']);
  await refused('CreateAccount', { AccountId: '111122223333' }, /exists.*lockholm account create-access-key/);
  await refused('CreateAccount', { AccountId: OPERATOR_ACCOUNT }, /reserved for the operator/);
  await refused('CreateAccount', { AccountId: '12' }, /'accountId' failed to satisfy constraint/);
  const failure = (await operator.journalled()).filter((event) => event.includes('AlreadyExistsException'));
  assert.equal(failure.length, 2);
});

test('names that would garble a list are refused', async () => {
  for (const name of ['', 'a\nb', 'a\u001b[2J', 'a\u202eb', 'x'.repeat(129)]) {
    await refused('CreateAccount', { Name: name }, /'name' failed to satisfy constraint/);
  }
});

test('accounts are listed by id, with when they were made', async () => {
  await create({ AccountId: '000000000007', Name: 'seven' });
  const { Accounts } = await operator.call<{ Accounts: readonly { AccountId: string }[] }>('ListAccounts');
  assert.deepEqual(Accounts[0], {
    AccountId: '000000000007',
    Name: 'seven',
    Created: '2026-01-15T12:00:00.000Z',
  });
  const ids = Accounts.map(({ AccountId }) => AccountId);
  assert.deepEqual(ids, ids.toSorted());
});

test('a lost access key is switched off, another one made, and back on', async () => {
  const { AccountId, AccessKey: lost } = await create();
  const { AccessKey: next } = await operator.call<Made>('CreateAccessKey', { AccountId });
  assert.ok(await isSecretOf(next));
  const off = { AccessKeyId: lost.AccessKeyId, Status: 'Inactive' };
  assert.deepEqual(await operator.call('UpdateAccessKey', off), { ...off, AccountId });
  const statuses = async () => {
    const listed = await operator.call<{ AccessKeys: readonly { AccessKeyId: string; Status: string }[] }>(
      'ListAccessKeys',
      { AccountId },
    );
    return Object.fromEntries(listed.AccessKeys.map((key) => [key.AccessKeyId, key.Status]));
  };
  assert.deepEqual(await statuses(), { [lost.AccessKeyId]: 'Inactive', [next.AccessKeyId]: 'Active' });
  await operator.call('UpdateAccessKey', { ...off, Status: 'Active' });
  assert.deepEqual(await statuses(), { [lost.AccessKeyId]: 'Active', [next.AccessKeyId]: 'Active' });
});

test('what is not there is named, with what to do', async () => {
  await refused(
    'CreateAccessKey',
    { AccountId: '555555555555' },
    /no account 555555555555.*lockholm account list/,
  );
  await refused('ListAccessKeys', { AccountId: '555555555555' }, /no account 555555555555/);
  const unknown = { AccessKeyId: 'AKIAAAAAAAAAAAAAAAAA', Status: 'Active' };
  await refused('UpdateAccessKey', unknown, /no access key AKIAAAAAAAAAAAAAAAAA.*lockholm access-key list/);
  await refused('UpdateAccessKey', { ...unknown, Status: 'Off' }, /'status' failed to satisfy constraint/);
  await refused('NoSuchThing', {}, /no operation NoSuchThing/);
});

test('accounts that are made at the same time with one id: one is', async () => {
  const id = { AccountId: '777777777777' };
  const outcomes = await Promise.allSettled([create(id), create(id), create(id)]);
  const made = outcomes.filter((outcome) => outcome.status === 'fulfilled');
  assert.equal(made.length, 1);
  assert.ok(await isSecretOf((made[0] as PromiseFulfilledResult<Made>).value.AccessKey));
});
