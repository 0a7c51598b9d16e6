import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { SigV4Verifier } from '../../src/identity/sigv4/verifier.ts';
import { headOf, signedHeaders } from './signing.ts';
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

  test('a wrong signature leaves nothing behind', async () => {
    await assert.rejects(authenticate('wrong'), { code: 'InvalidSignatureException' });
    await authenticate();
    assert.equal(world.engine.derived, 2);
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
