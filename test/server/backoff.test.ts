import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../src/server/backoff.ts';

const options = { firstMs: 50, capMs: 300, stableMs: 1_000 };

test('the first restart is at once, quick deaths wait longer each time, up to the cap', () => {
  const backoff = new Backoff(options);
  assert.deepEqual(
    [5, 5, 5, 5, 5, 5].map((lived) => backoff.next(lived)),
    [0, 50, 100, 200, 300, 300],
  );
});

test('a child that lived long enough starts anew at once', () => {
  const backoff = new Backoff(options);
  for (let death = 0; death < 5; death += 1) backoff.next(1);
  assert.equal(backoff.next(1_000), 0);
  assert.equal(backoff.next(999), 50);
});
