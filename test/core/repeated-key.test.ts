import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repeatedKey } from '../../src/core/repeated-key.ts';
import { rounds, seeded } from '../support/random.ts';

test('a key that one object has twice is found at any depth and in any spelling', () => {
  for (const [json, key] of [
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['[{"x":{"b":[],"c":{},"b":1}}]', 'b'],
    ['{"a":{"a":1},"a":1}', 'a'],
    ['{"":1,"":2}', ''],
    ['{"\\"":1, "\\"" : 2}', '"'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ] as const)
    assert.equal(repeatedKey(json), key, json);
});

test('equal keys of different objects, and equal values, are no repetition', () => {
  for (const json of [
    '{"a":{"a":"a"},"b":"a"}',
    '[{"a":1},{"a":1},"a","a"]',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a\\\\":1,"a":2}',
    '{"a":"\\\\","b":"x:,}"}',
    '"a"',
    '1',
  ])
    assert.equal(repeatedKey(json), undefined, json);
});

test('what JSON.stringify wrote repeats no key, and with one key doubled it does', () => {
  const random = seeded('repeated keys');
  const value = (depth: number): unknown => {
    const kind = depth === 0 ? random.below(2) : random.below(4);
    if (kind === 0) return random.pick(['{"', '":', ',\\', 'a', '\u2028', ']}']);
    if (kind === 1) return random.below(10);
    const items = Array.from({ length: random.below(4) }, () => value(depth - 1));
    return kind === 2 ? items : Object.fromEntries(items.map((item, i) => [`k"${i}\\`, item]));
  };
  for (let round = 0; round < rounds(500); round++) {
    const inner = JSON.stringify(value(4));
    assert.equal(repeatedKey(`{"a":${inner},"b":${inner}}`), undefined, inner);
    assert.equal(repeatedKey(`[{"z":${inner},"y":${inner},"z":0}]`), 'z', inner);
  }
});
