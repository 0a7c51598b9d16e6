import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpHead } from '../../src/core/http-head.ts';
import { decodeKey, isBucketName } from '../../src/storage/objects/names.ts';
import { parseRange } from '../../src/storage/objects/ranges.ts';
import { nameOf } from '../../src/storage/objects/request.ts';
import { rounds, seeded } from '../support/random.ts';

test('keys are percent-encoded UTF-8, and nothing else', () => {
  assert.equal(decodeKey('a%2Fb/%C3%BC+%20'), 'a/b/ü+ ');
  for (const wrong of ['%', '%zz', '%C3%28', '%ED%A0%80', 'a%00b'])
    assert.throws(() => decodeKey(wrong), { code: 'InvalidURI' }, wrong);
  assert.throws(() => decodeKey('%C3%BC'.repeat(513)), { code: 'KeyTooLongError' });
});

test('a path names a bucket and a key', () => {
  const named = (target: string) => {
    const { bucket, encodedKey, query } = nameOf(new HttpHead('GET', target, [], ''));
    return [bucket, encodedKey, ...query];
  };
  assert.deepEqual(named('/'), ['', '']);
  assert.deepEqual(named('/b'), ['b', '']);
  assert.deepEqual(named('/b/'), ['b', '']);
  assert.deepEqual(named('/b//../k?acl&x=1&x=2'), ['b', '/../k', ['acl', ''], ['x', '1']]);
});

test('names of buckets', () => {
  for (const name of ['abc', 'a.b-c', '1.2.3', 'x'.repeat(63)]) assert.ok(isBucketName(name), name);
  for (const name of [
    '',
    'ab',
    'a.-b',
    'a..b',
    '1.2.3.4',
    'A-b-c',
    'a_b',
    'x'.repeat(64),
    'abc--ol-s3',
    'healthz',
  ])
    assert.ok(!isBucketName(name), name);
});

test('no range leaves its object', () => {
  const random = seeded('ranges');
  const number = () => random.pick(['', String(random.below(20)), '99999999999999999999']);
  for (let round = 0; round < rounds(2000); round++) {
    const size = random.below(12);
    const header = `bytes=${number()}-${number()}`;
    try {
      const range = parseRange(header, size);
      assert.ok(
        range === undefined || (0 <= range.start && range.start < range.end && range.end <= size),
        header,
      );
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'InvalidRange');
    }
  }
});
