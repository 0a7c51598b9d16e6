import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ACCOUNT, startKms, type TestKms } from '../support/kms.ts';

let kms: TestKms;
before(async () => {
  kms = await startKms();
});
after(() => kms.stop());

const newKey = async (input: object = {}) => (await kms.call('CreateKey', input)).KeyMetadata;
const code = async (operation: string, input: object) => (await kms.error(operation, input)).code;

test('an alias names a key, moves to another and goes', async () => {
  const [one, two] = [await newKey(), await newKey()];
  const AliasName = 'alias/team/main_1';
  assert.equal(await kms.call('CreateAlias', { AliasName, TargetKeyId: one.KeyId }), undefined);
  assert.equal(await code('CreateAlias', { AliasName, TargetKeyId: two.KeyId }), 'AlreadyExistsException');
  const target = async () => (await kms.call('DescribeKey', { KeyId: AliasName })).KeyMetadata.KeyId;
  assert.equal(await target(), one.KeyId);
  const [entry] = (await kms.call('ListAliases', { KeyId: one.KeyId })).Aliases;
  assert.deepEqual(entry, {
    AliasName,
    AliasArn: `arn:aws:kms:eu-central-1:${ACCOUNT}:${AliasName}`,
    TargetKeyId: one.KeyId,
    CreationDate: kms.clock.time,
    LastUpdatedDate: kms.clock.time,
  });
  kms.clock.time += 1000;
  await kms.call('UpdateAlias', { AliasName, TargetKeyId: two.Arn });
  assert.equal(await target(), two.KeyId);
  assert.deepEqual((await kms.call('ListAliases', { KeyId: one.KeyId })).Aliases, []);
  const [moved] = (await kms.call('ListAliases', { KeyId: two.Arn })).Aliases;
  assert.equal(moved.LastUpdatedDate, moved.CreationDate + 1000);
  await kms.call('UpdateAlias', { AliasName, TargetKeyId: two.KeyId });
  await kms.call('DeleteAlias', { AliasName });
  assert.equal(await code('DeleteAlias', { AliasName }), 'NotFoundException');
  assert.equal(await code('UpdateAlias', { AliasName, TargetKeyId: one.KeyId }), 'NotFoundException');
});

test('alias names are checked as AWS checks them', async () => {
  const { KeyId } = await newKey();
  const cases: readonly [string, string][] = [
    ['main', 'ValidationException'],
    ['alias/aws/mine', 'InvalidAliasNameException'],
    ['alias/', 'InvalidAliasNameException'],
    ['alias/a:b', 'InvalidAliasNameException'],
    ['alias/a b', 'ValidationException'],
  ];
  for (const [AliasName, expected] of cases)
    assert.equal(await code('CreateAlias', { AliasName, TargetKeyId: KeyId }), expected, AliasName);
  await kms.call('CreateAlias', { AliasName: 'alias/x', TargetKeyId: KeyId });
  assert.equal(
    await code('CreateAlias', { AliasName: 'alias/y', TargetKeyId: 'alias/x' }),
    'NotFoundException',
  );
});

test('only a new alias name can be invalid; aliases of AWS are not to be moved or deleted', async () => {
  const { KeyId } = await newKey();
  await kms.call('DescribeKey', { KeyId: 'alias/aws/s3' });
  for (const [operation, more] of [
    ['UpdateAlias', { TargetKeyId: KeyId }],
    ['DeleteAlias', {}],
  ] as const) {
    for (const AliasName of ['alias/aws/s3', 'alias/aws/ebs', 'alias/aws/none']) {
      const error = await kms.error(operation, { AliasName, ...more });
      assert.equal(error.code, 'AccessDeniedException');
      const arn = `arn:aws:kms:eu-central-1:${ACCOUNT}:${AliasName}`;
      assert.equal(
        error.wireMessage,
        `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: kms:${operation} on resource: ${arn} ` +
          `because no resource-based policy allows the kms:${operation} action`,
      );
      const event = (await kms.events()).at(-1);
      assert.equal(event?.body.resources.at(-1), arn);
    }
    for (const AliasName of ['alias/', 'alias/a:b', 'alias/none'])
      assert.equal(await code(operation, { AliasName, ...more }), 'NotFoundException');
    assert.equal(await code(operation, { AliasName: 'main', ...more }), 'ValidationException');
  }
  assert.equal((await kms.call('DescribeKey', { KeyId: 'alias/aws/s3' })).KeyMetadata.KeyManager, 'AWS');
});

test('a key has at most 50 aliases', async () => {
  const { KeyId } = await newKey();
  for (let i = 0; i < 50; i++)
    await kms.call('CreateAlias', { AliasName: `alias/many-${i}`, TargetKeyId: KeyId });
  assert.equal(
    await code('CreateAlias', { AliasName: 'alias/many-50', TargetKeyId: KeyId }),
    'LimitExceededException',
  );
  const names: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await kms.call('ListAliases', { KeyId, Limit: 20, Marker });
    names.push(...page.Aliases.map(({ AliasName }: { AliasName: string }) => AliasName));
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  assert.equal(new Set(names).size, 50);
});

test('all aliases are listed in pages, those of AWS among them', async () => {
  const all = (await kms.call('ListAliases', { Limit: 100 })).Aliases.map(
    ({ AliasName }: { AliasName: string }) => AliasName,
  );
  const paged: string[] = [];
  const foreign = (await kms.call('ListAliases', { Limit: 1 }, { region: 'eu-west-3' })).NextMarker;
  assert.equal(await code('ListAliases', { Marker: foreign }), 'InvalidMarkerException');
  let Marker: string | undefined;
  do {
    const page = await kms.call('ListAliases', { Limit: 1, Marker });
    paged.push(...page.Aliases.map(({ AliasName }: { AliasName: string }) => AliasName));
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  assert.deepEqual(paged, all);
  assert.ok(all.includes('alias/aws/s3'));
});

test('tags are merged, replaced, removed and listed', async () => {
  const { KeyId } = await newKey({ Tags: [{ TagKey: 'a', TagValue: '1' }] });
  await kms.call('TagResource', {
    KeyId,
    Tags: [
      { TagKey: 'b', TagValue: '2' },
      { TagKey: 'a', TagValue: '3' },
    ],
  });
  assert.deepEqual(await kms.call('ListResourceTags', { KeyId }), {
    Tags: [
      { TagKey: 'a', TagValue: '3' },
      { TagKey: 'b', TagValue: '2' },
    ],
    Truncated: false,
  });
  await kms.call('UntagResource', { KeyId, TagKeys: ['a', 'unknown'] });
  const page = await kms.call('ListResourceTags', { KeyId, Limit: 1 });
  assert.deepEqual(page.Tags, [{ TagKey: 'b', TagValue: '2' }]);
});

test('a listing goes on where it was, though its last item has gone', async () => {
  const names = ['d', 'b', 'a', 'c'];
  const { KeyId } = await newKey({ Tags: names.map((TagKey) => ({ TagKey, TagValue: '' })) });
  const list = async (Marker?: string) => {
    const page = await kms.call('ListResourceTags', { KeyId, Limit: 2, Marker });
    return { ...page, names: page.Tags.map(({ TagKey }: { TagKey: string }) => TagKey) };
  };
  const first = await list();
  assert.deepEqual(first.names, ['a', 'b']);
  await kms.call('UntagResource', { KeyId, TagKeys: ['a', 'b'] });
  const second = await list(first.NextMarker);
  assert.deepEqual(second.names, ['c', 'd']);
  assert.equal(second.Truncated, false);
});

test('tags that AWS refuses are refused with its words', async () => {
  const { KeyId } = await newKey();
  const tags = (names: readonly string[]) => names.map((TagKey) => ({ TagKey, TagValue: '' }));
  const many = tags(Array.from({ length: 51 }, (_, i) => `k${i}`));
  const cases: readonly [object[], string][] = [
    [tags(['aws:x']), 'Tags beginning with aws: are reserved'],
    [tags(['a', 'a']), 'Duplicate tag keys'],
    [many, 'Too many tags'],
  ];
  for (const [Tags, message] of cases)
    for (const [operation, input] of [
      ['CreateKey', { Tags }],
      ['TagResource', { KeyId, Tags }],
    ] as const) {
      const error = await kms.error(operation, input);
      assert.equal(error.code, 'TagException');
      assert.equal(error.wireMessage, message);
    }
});

test('a key has the default policy until it gets another', async () => {
  const { KeyId } = await newKey();
  assert.deepEqual(await kms.call('ListKeyPolicies', { KeyId }), {
    PolicyNames: ['default'],
    Truncated: false,
  });
  const { Policy, PolicyName } = await kms.call('GetKeyPolicy', { KeyId });
  assert.equal(PolicyName, 'default');
  assert.equal(JSON.parse(Policy).Statement[0].Principal.AWS, `arn:aws:iam::${ACCOUNT}:root`);
  const narrow = Policy.replace('"kms:*"', '["kms:Put*", "kms:Get*"]');
  await kms.call('PutKeyPolicy', { KeyId, Policy: narrow });
  assert.equal((await kms.call('GetKeyPolicy', { KeyId, PolicyName: 'default' })).Policy, narrow);
  assert.equal(await code('GetKeyPolicy', { KeyId, PolicyName: 'other' }), 'NotFoundException');
});

test('the right to change a policy must be for the key itself', async () => {
  const { KeyId, Arn } = await newKey();
  const other = (await newKey()).Arn;
  const put = (Policy: string) => kms.call('PutKeyPolicy', { KeyId, Policy });
  const refused = async (Policy: string) => {
    const error = await kms.error('PutKeyPolicy', { KeyId, Policy });
    assert.equal(error.code, 'MalformedPolicyDocumentException', Policy);
    assert.equal(
      error.wireMessage,
      'The new key policy will not allow you to update the key policy in the future.',
    );
  };
  const notResource = (NotResource: unknown) => statement({ Resource: undefined, NotResource });
  for (const Resource of [Arn, ['x', Arn], Arn.replace(/key.*/, 'key/*'), 'arn:aws:kms:*'])
    await put(statement({ Resource }));
  await put(notResource(other));
  for (const Resource of [other, [], undefined, KeyId, Arn.toUpperCase(), `${Arn}?`])
    await refused(statement({ Resource }));
  for (const NotResource of [Arn, '*', [other, Arn]]) await refused(notResource(NotResource));
  const both = (deny: object) =>
    JSON.stringify({
      Statement: [
        { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' },
        { Effect: 'Deny', Principal: '*', Action: 'kms:*', ...deny },
      ],
    });
  await put(both({ Resource: other }));
  await refused(both({ Resource: Arn }));
  await refused(both({ NotResource: other }));
});

test('the policy of a key that is still to be made cannot name it', async () => {
  const prefix = `arn:aws:kms:eu-central-1:${ACCOUNT}:key`;
  for (const [Resource, MultiRegion] of [
    ['*', false],
    [`${prefix}/*`, false],
    [`${prefix}/mrk-*`, true],
  ] as const)
    await kms.call('CreateKey', { Policy: statement({ Resource }), MultiRegion });
  for (const Resource of [`${prefix}/mrk-*`, (await newKey()).Arn])
    assert.equal(
      await code('CreateKey', { Policy: statement({ Resource }) }),
      'MalformedPolicyDocumentException',
    );
});

test('actions of other services are accepted, and give no right to change the policy', async () => {
  const { KeyId } = await newKey();
  for (const Action of ['s3:*', ['s3:PutObject', 'ec2:*']]) {
    const Policy = statement({ Action });
    assert.equal(await code('PutKeyPolicy', { KeyId, Policy }), 'MalformedPolicyDocumentException');
    await kms.call('PutKeyPolicy', { KeyId, Policy, BypassPolicyLockoutSafetyCheck: true });
  }
  await kms.call('PutKeyPolicy', { KeyId, Policy: statement({ Action: ['s3:*', 'kms:*'] }) });
});

const statement = (change: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*', ...change }],
  });

test('a policy that is malformed, or that would lock its author out, is refused and changes nothing', async () => {
  const { KeyId } = await newKey();
  const before = await kms.call('GetKeyPolicy', { KeyId });
  const bad = [
    'no JSON',
    '[]',
    '{}',
    '{"Statement":[]}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}',
    statement({ Effect: 'Maybe' }),
    statement({ Principal: { AWS: 'somebody' } }),
    statement({ Principal: { Mars: '*' } }),
    statement({ Action: 'Encrypt' }),
    statement({ Unknown: 1 }),
    statement({ NotAction: 'kms:*' }),
    statement({ Condition: { StringEqualish: { a: 'b' } } }),
    statement({ Condition: { StringEquals: 'b' } }),
    statement({ Action: 'kms:Encrypt' }),
    // A backtracking matcher would not come back from this one.
    statement({ Action: `kms:${'*'.repeat(30_000)}z` }),
    statement({ Effect: 'Deny' }),
    statement({}).replace('"Action":', '"Action":"kms:Encrypt","Action":'),
    statement({}).replace('"Statement":', '"Id":"a","Id":"b","Statement":'),
    statement({ Condition: {} }).replace('{}', '{"Bool":{"a":"true"},"\\u0042ool":{"a":"false"}}'),
    statement({ Principal: { AWS: 'arn:aws:iam::999999999999:root' } }),
    statement({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } }),
  ];
  for (const Policy of bad) {
    assert.equal(await code('PutKeyPolicy', { KeyId, Policy }), 'MalformedPolicyDocumentException', Policy);
    assert.equal(await code('CreateKey', { Policy }), 'MalformedPolicyDocumentException');
  }
  assert.deepEqual(await kms.call('GetKeyPolicy', { KeyId }), before);
  await kms.call('PutKeyPolicy', {
    KeyId,
    Policy: statement({ Action: 'kms:Encrypt' }),
    BypassPolicyLockoutSafetyCheck: true,
  });
  assert.equal(
    await code('PutKeyPolicy', { KeyId, Policy: statement({ Sid: 'x'.repeat(40_000) }) }),
    'LimitExceededException',
  );
});
