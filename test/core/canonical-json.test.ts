import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalJson } from '../../src/core/canonical-json.ts';

describe('canonical JSON', () => {
  it('is as RFC 8785, sections 3.2.3 and 3.2.2, show', () => {
    const sorted = { '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 };
    assert.equal(canonicalJson(sorted), '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
    const numbers = [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27, -0];
    assert.equal(canonicalJson(numbers), '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]');
  });

  it('sorts keys that look like integers as text, and leaves out what is undefined', () => {
    assert.equal(
      canonicalJson({ 9: 'a', 10: null, b: undefined, a: { d: [], c: true } }),
      '{"10":null,"9":"a","a":{"c":true,"d":[]}}',
    );
  });

  it('refuses what would be written as something else', () => {
    for (const value of [
      undefined,
      Number.NaN,
      1n,
      () => 1,
      [undefined],
      new Date(0),
      new Map(),
      Buffer.of(1),
      { b: Number.NaN, a: 1 },
      { b: 1, a: [new Map()] },
      { a: 1, toJSON: () => 1 },
    ])
      assert.throws(() => canonicalJson(value), TypeError);
  });
});
