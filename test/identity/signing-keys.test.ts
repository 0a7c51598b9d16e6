import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import aws4 from 'aws4';
import { DAY_MS } from '../../src/core/clock.ts';
import { SigV4Verifier } from '../../src/identity/sigv4/verifier.ts';
import { amzDate, headOf, signedHeaders } from './signing.ts';
import { accessKeyId, openWorld, secret, type World } from './world.ts';

describe('signing keys are kept for their day', () => {
  let world: World;
  let verifier: SigV4Verifier;
  beforeEach(async () => {
    world = await openWorld();
    verifier = new SigV4Verifier(world);
  });
  afterEach(() => world.close());

  const authenticate = async (secretAccessKey = secret, region = 'eu-central-1') => {
    const headers = signedHeaders({ accessKeyId, secretAccessKey }, { time: world.clock.ms, region });
    return verifier.authenticate(headOf(headers), 'kms', hash('sha256', '{}', 'hex'));
  };

  test('the engine is asked once for an access key, day, Region and service', async () => {
    for (const region of ['eu-central-1', 'eu-central-1', 'us-east-1', 'eu-central-1']) {
      await authenticate(secret, region);
    }
    assert.equal(world.engine.derived, 2);
  });

  test('also of URLs that are signed in their query', async () => {
    const policy = { path: 'as-sent', presigned: true } as const;
    verifier = new SigV4Verifier(world, new Map([['s3', policy]]));
    const [region, host] = ['us-east-1', 'localhost'];
    const path = `/bucket/key?X-Amz-Date=${amzDate(world.clock.ms)}`;
    const signed = (secretAccessKey: string) =>
      aws4.sign(
        { service: 's3', region, method: 'GET', host, path, signQuery: true },
        { accessKeyId, secretAccessKey },
      ).path;
    const get = async (target: string | undefined) =>
      verifier.authenticate(headOf({ host }, target, 'GET'), 's3', 'UNSIGNED-PAYLOAD');
    for (let i = 0; i < 3; i++) assert.equal((await get(signed(secret))).region, region);
    assert.equal(world.engine.derived, 1);
    await assert.rejects(get(signed('wrong')), { code: 'InvalidSignatureException' });
    await world.putAccessKey(accessKeyId, 2, 'Inactive');
    await assert.rejects(get(signed(secret)), { code: 'UnrecognizedClientException' });
  });

  test('and again on the next day, when yesterday is over', async () => {
    await authenticate();
    world.clock.ms += DAY_MS;
    await authenticate();
    assert.equal(world.engine.derived, 2);
  });

  test('a request of before midnight is accepted after it', async () => {
    world.clock.ms = Date.parse('2026-11-24T23:59:30Z');
    const headers = signedHeaders({ accessKeyId, secretAccessKey: secret }, { time: world.clock.ms });
    world.clock.ms += 60_000;
    await authenticate();
    await verifier.authenticate(headOf(headers), 'kms', hash('sha256', '{}', 'hex'));
  });

  test('wrong signatures of one scope ask once, and change nothing for right ones', async () => {
    for (let i = 0; i < 10; i++)
      await assert.rejects(authenticate('wrong'), { code: 'InvalidSignatureException' });
    await authenticate();
    await assert.rejects(authenticate('wrong'), { code: 'InvalidSignatureException' });
    assert.equal(world.engine.derived, 1);
  });

  test('first requests that come at one time ask once', async () => {
    await Promise.all(Array.from({ length: 60 }, () => authenticate()));
    assert.equal(world.engine.derived, 1);
  });

  /** Region names that nobody has. */
  const madeUp = (count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => {
      const letters = [...String(from + i)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
      return `zz-${letters}-1`;
    });
  const codes = async (regions: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const region of regions) {
      const error = await authenticate('wrong', region).then(
        () => assert.fail('accepted'),
        ({ code }) => code,
      );
      counts.set(error, (counts.get(error) ?? 0) + 1);
    }
    return Object.fromEntries(counts);
  };

  test('a stranger with Regions of his own making is told to slow down, and asks little of the engine', async () => {
    await authenticate();
    assert.deepEqual(await codes(madeUp(1000)), { InvalidSignatureException: 99, ThrottlingException: 901 });
    assert.equal(world.engine.derived, 100);
    world.clock.ms += 10_000;
    assert.deepEqual(await codes(madeUp(50, 2000)), {
      InvalidSignatureException: 20,
      ThrottlingException: 30,
    });
    world.clock.ms -= 5000;
    assert.deepEqual(await codes(madeUp(5, 3000)), { ThrottlingException: 5 });
    assert.equal(world.engine.derived, 120);
  });

  test('and takes nothing from who has signed for a Region before, also on another day', async () => {
    await authenticate();
    await codes(madeUp(1000));
    await authenticate();
    assert.equal(world.engine.derived, 100);
    for (let day = 1; day < 4; day++) {
      world.clock.ms += DAY_MS;
      await codes(madeUp(300));
      await authenticate();
      await world.putAccessKey(accessKeyId, day + 1, 'Active');
      await authenticate();
    }
  });

  test('nor from other access keys, and asks nothing for one that is not there or inactive', async () => {
    const other = 'AKIAI44QH8DHBEXAMPLE';
    await world.close();
    world = await openWorld({ [accessKeyId]: secret, [other]: 'other' });
    verifier = new SigV4Verifier(world);
    await codes(madeUp(200));
    const headers = signedHeaders(
      { accessKeyId: other, secretAccessKey: 'other' },
      { time: world.clock.ms, region: 'eu-west-9' },
    );
    await verifier.authenticate(headOf(headers), 'kms', hash('sha256', '{}', 'hex'));
    assert.equal(world.engine.derived, 101);
    await world.putAccessKey(accessKeyId, 2, 'Inactive');
    assert.deepEqual(await codes(madeUp(200, 500)), { UnrecognizedClientException: 200 });
    assert.equal(world.engine.derived, 101);
  });

  test('an access key that is made inactive is refused at once, and again accepted when active', async () => {
    await authenticate();
    await world.putAccessKey(accessKeyId, 2, 'Inactive');
    await assert.rejects(authenticate(), { code: 'UnrecognizedClientException' });
    await world.putAccessKey(accessKeyId, 3, 'Active');
    await authenticate();
    assert.equal(world.engine.derived, 2);
  });

  test('an access key that is deleted is refused at once', async () => {
    await authenticate();
    await world.rows.commit({ delete: [{ table: 'access-key', id: accessKeyId, version: 1 }] });
    await assert.rejects(authenticate(), { code: 'UnrecognizedClientException' });
  });
});
