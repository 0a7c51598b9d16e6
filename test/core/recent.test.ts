import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Recent } from '../../src/core/recent.ts';

describe('a map of what was used lately', () => {
  it('keeps what is used, forgets what is not, and never holds more than it may', () => {
    const recent = new Recent<number>({ entries: 20 });
    recent.set('used', 0);
    for (let i = 0; i < 100; i++) {
      recent.set(`once-${i}`, i);
      assert.equal(recent.get('used'), 0);
      assert.ok(recent.size <= 20);
    }
    const held = Array.from({ length: 100 }, (_, i) => recent.get(`once-${i}`));
    assert.ok(held.filter((value) => value !== undefined).length < 20);
    assert.equal(recent.get('once-99'), 99);
    recent.delete('used');
    assert.equal(recent.get('used'), undefined);
    recent.clear();
    assert.deepEqual([recent.get('once-99'), recent.size], [undefined, 0]);
  });

  it('holds no more than its size, whatever is set again, deleted or larger than all', () => {
    const recent = new Recent<string>({ entries: 1000, size: 100, sizeOf: ({ length }) => length });
    let seed = 7;
    const held = () => Array.from({ length: 50 }, (_, i) => recent.get(`k${i}`)?.length ?? 0);
    for (let step = 0; step < 5000; step += 1) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      const key = `k${seed % 50}`;
      if (seed % 7 === 0) recent.delete(key);
      else recent.set(key, 'x'.repeat((seed >>> 8) % 30));
      if (step % 50 === 0) assert.ok(held().reduce((sum, length) => sum + length, 0) <= 100);
    }
    for (let i = 0; i < 3; i += 1) recent.set('k0', 'x'.repeat(10));
    recent.set('k1', 'x'.repeat(39));
    assert.deepEqual(
      [recent.get('k0')?.length, recent.get('k1')?.length],
      [10, 39],
      'what is set again counts once',
    );
    recent.set('large', 'x'.repeat(500));
    assert.equal(recent.get('large')?.length, 500);
  });

  it('deletes what matches from all that it holds', () => {
    const recent = new Recent<number>({ entries: 8 });
    for (let i = 0; i < 8; i += 1) recent.set(`${i}`, i);
    recent.deleteWhere((value) => value % 2 === 0);
    for (let i = 0; i < 8; i += 1) assert.notEqual((recent.get(`${i}`) ?? 1) % 2, 0);
    assert.ok(recent.size > 0);
  });
});
