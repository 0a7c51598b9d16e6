import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recent } from '../../src/identity/sigv4/recent.ts';

test('what is used stays, what is not is forgotten, and never more than twice the limit is held', () => {
  const recent = new Recent<number>(10);
  recent.set('used', 0);
  for (let i = 0; i < 100; i++) {
    recent.set(`once-${i}`, i);
    assert.equal(recent.get('used'), 0);
  }
  const held = Array.from({ length: 100 }, (_, i) => recent.get(`once-${i}`)).filter((v) => v !== undefined);
  assert.ok(held.length < 20);
  assert.equal(recent.get('once-99'), 99);
  recent.delete('used');
  assert.equal(recent.get('used'), undefined);
  recent.clear();
  assert.equal(recent.get('once-99'), undefined);
});
