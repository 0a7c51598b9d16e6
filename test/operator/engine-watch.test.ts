import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineWatch } from '../../src/operator/engine-watch.ts';

test('engines that are down or do not answer are why a server is not ready', () => {
  const watch = new EngineWatch();
  assert.equal(watch.unready, undefined);
  watch.silent('slow', true);
  assert.equal(watch.unready, 'an engine does not answer');
  watch.lost('slow');
  assert.equal(watch.unready, 'an engine is being started again');
  watch.opened('slow', { session: 'b' });
  assert.equal(watch.unready, undefined);
  watch.silent('fast', true);
  watch.silent('fast', false);
  assert.equal(watch.unready, undefined);
});

test('restarts are those that the supervisor counted, whatever this front saw', () => {
  const watch = new EngineWatch();
  watch.started('fast', 3);
  watch.opened('fast', { session: 'a' });
  watch.started('slow', 0);
  watch.opened('slow', { session: 'b' });
  assert.deepEqual(watch.states(), [
    { lane: 'fast', session: 'a', restarts: 3 },
    { lane: 'slow', session: 'b', restarts: 0 },
  ]);
});
