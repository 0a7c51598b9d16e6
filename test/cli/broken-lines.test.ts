import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenLines } from '../../src/cli/broken-lines.ts';

test('a text is broken at blanks, and where there are none when the room ends', () => {
  assert.deepEqual(brokenLines('who could read it', 9), ['who could', 'read it']);
  assert.deepEqual(brokenLines('abcdefgh ij', 3), ['abc', 'def', 'gh', 'ij']);
  assert.deepEqual(brokenLines('fits', 4), ['fits']);
  assert.deepEqual(brokenLines('', 4), ['']);
});
