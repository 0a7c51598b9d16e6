/** Many changes of one key at one time: each succeeds or answers its proper error, and no limit is passed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import type { ServiceError } from '../../src/core/errors.ts';
import { startKms, type TestKms } from '../support/kms.ts';

const AT_ONCE = 60;

let kms: TestKms;
before(async () => {
  kms = await startKms();
});
after(() => kms.stop());

const newKey = async (): Promise<string> => (await kms.call('CreateKey')).KeyMetadata.KeyId;

/** How often each code came, of calls made at one time; `ok` for success. */
async function outcomes(
  operation: string,
  inputs: readonly object[],
): Promise<Readonly<Record<string, number>>> {
  const codes = await Promise.all(
    inputs.map((input) =>
      kms.call(operation, input).then(
        () => 'ok',
        (error: ServiceError) => error.code,
      ),
    ),
  );
  return Object.fromEntries(
    [...new Set(codes)].map((code) => [code, codes.filter((each) => each === code).length]),
  );
}
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

const aliasesOf = async (KeyId: string): Promise<string[]> =>
  (await kms.call('ListAliases', { KeyId, Limit: 100 })).Aliases.map(
    ({ AliasName }: { AliasName: string }) => AliasName,
  );

test('the same tag', async () => {
  const KeyId = await newKey();
  const tag = (i: number) => ({ KeyId, Tags: [{ TagKey: 'a', TagValue: `${i}` }] });
  assert.deepEqual(await outcomes('TagResource', times(AT_ONCE, tag)), { ok: AT_ONCE });
});

test('different tags: all are kept, up to the limit of a key', async () => {
  const KeyId = await newKey();
  const tag = (i: number) => ({ KeyId, Tags: [{ TagKey: `k${i}`, TagValue: '' }] });
  assert.deepEqual(await outcomes('TagResource', times(AT_ONCE, tag)), { ok: 50, TagException: 10 });
  assert.equal((await kms.call('ListResourceTags', { KeyId })).Tags.length, 50);
});

test('rotations on demand, up to the limit of a key', async () => {
  const KeyId = await newKey();
  assert.deepEqual(
    await outcomes(
      'RotateKeyOnDemand',
      times(AT_ONCE, () => ({ KeyId })),
    ),
    {
      ok: 25,
      LimitExceededException: 35,
    },
  );
  assert.equal((await kms.call('ListKeyRotations', { KeyId })).Rotations.length, 25);
});

test('deletions: one is scheduled', async () => {
  const KeyId = await newKey();
  assert.deepEqual(
    await outcomes(
      'ScheduleKeyDeletion',
      times(AT_ONCE, () => ({ KeyId })),
    ),
    {
      ok: 1,
      KMSInvalidStateException: AT_ONCE - 1,
    },
  );
});

test('changes of many kinds, of keys that are changed by others too', async () => {
  const keys = await Promise.all(times(3, newKey));
  const calls = times(AT_ONCE, (i) => {
    const KeyId = keys[i % keys.length];
    const kinds: readonly (readonly [string, object])[] = [
      ['TagResource', { KeyId, Tags: [{ TagKey: `t${i % 7}`, TagValue: `${i}` }] }],
      ['UpdateKeyDescription', { KeyId, Description: `${i}` }],
      ['CreateAlias', { TargetKeyId: KeyId, AliasName: `alias/mixed-${i}` }],
      ['EnableKeyRotation', { KeyId }],
    ];
    const [operation, input] = kinds[Math.floor(i / 3) % kinds.length] as (typeof kinds)[number];
    return kms.call(operation, input);
  });
  await Promise.all(calls);
  const listed = await Promise.all(keys.map(aliasesOf));
  assert.equal(listed.flat().length, AT_ONCE / 4);
});

test('an alias that many move: it ends at one of the keys, and is listed there alone', async () => {
  const keys = await Promise.all(times(6, newKey));
  const AliasName = 'alias/moved';
  await kms.call('CreateAlias', { AliasName, TargetKeyId: keys[0] });
  const move = (i: number) => ({ AliasName, TargetKeyId: keys[i % keys.length] });
  assert.deepEqual(await outcomes('UpdateAlias', times(AT_ONCE, move)), { ok: AT_ONCE });
  const target = (await kms.call('DescribeKey', { KeyId: AliasName })).KeyMetadata.KeyId;
  for (const KeyId of keys) assert.deepEqual(await aliasesOf(KeyId), KeyId === target ? [AliasName] : []);
});

test('aliases, up to the limit of a key', async () => {
  const TargetKeyId = await newKey();
  const create = (i: number) => ({ TargetKeyId, AliasName: `alias/created-${i}` });
  assert.deepEqual(await outcomes('CreateAlias', times(AT_ONCE, create)), {
    ok: 50,
    LimitExceededException: 10,
  });
  assert.equal((await aliasesOf(TargetKeyId)).length, 50);
});

test('aliases that move to a key, up to its limit', async () => {
  const [first, second, TargetKeyId] = await Promise.all(times(3, newKey));
  const name = (i: number) => `alias/gathered-${i}`;
  await outcomes(
    'CreateAlias',
    times(AT_ONCE, (i) => ({ TargetKeyId: i < AT_ONCE / 2 ? first : second, AliasName: name(i) })),
  );
  const move = (i: number) => ({ TargetKeyId, AliasName: name(i) });
  assert.deepEqual(await outcomes('UpdateAlias', times(AT_ONCE, move)), {
    ok: 50,
    LimitExceededException: 10,
  });
  assert.equal((await aliasesOf(TargetKeyId ?? '')).length, 50);
});

test('the same new alias: it is made once', async () => {
  const TargetKeyId = await newKey();
  const create = () => ({ TargetKeyId, AliasName: 'alias/once' });
  assert.deepEqual(await outcomes('CreateAlias', times(AT_ONCE, create)), {
    ok: 1,
    AlreadyExistsException: AT_ONCE - 1,
  });
});

for (const [operation, first] of [
  ['CreateAlias', undefined],
  ['UpdateAlias', 'CreateAlias'],
] as const) {
  test(`${operation} while its key is destroyed leaves no alias behind`, async () => {
    const [KeyId, other] = [await newKey(), await newKey()];
    const AliasName = `alias/late-${operation}`;
    if (first !== undefined) await kms.call(first, { AliasName, TargetKeyId: other });
    const { aliases } = kms.kms;
    const count = aliases.listOfKey.bind(aliases);
    let destroyed = false;
    aliases.listOfKey = async (...args) => {
      const counted = await count(...args);
      if (!destroyed) {
        destroyed = true;
        await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
        for (let day = 0; day < 8; day++) {
          kms.clock.time += DAY_MS;
          await kms.call('GenerateRandom', { NumberOfBytes: 1 });
        }
        await kms.runJobs();
        assert.equal((await kms.error('DescribeKey', { KeyId })).code, 'NotFoundException');
      }
      return counted;
    };
    try {
      assert.equal((await kms.error(operation, { AliasName, TargetKeyId: KeyId })).code, 'NotFoundException');
    } finally {
      aliases.listOfKey = count;
    }
    assert.ok(destroyed);
    const found = await kms.error('DescribeKey', { KeyId: AliasName }).catch(() => undefined);
    assert.equal(found?.code, first === undefined ? 'NotFoundException' : undefined);
  });
}
