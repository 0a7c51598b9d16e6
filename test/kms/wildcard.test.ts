import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesWildcard } from '../../src/kms/rules/wildcard.ts';

test('a star stands for any characters, a question mark for one, the rest for itself', () => {
  const action = 'kms:putkeypolicy';
  const matching = [
    '*',
    '**',
    action,
    'kms:*',
    'kms:put*',
    '*policy',
    'k*:p*y',
    'kms:putkeypolic?',
    '*?',
    'kms:*y*',
  ];
  for (const pattern of matching) assert.equal(matchesWildcard(pattern, action), true, pattern);
  const others = [
    '',
    '?',
    'kms',
    'kms:put',
    'kms:putkeypolicy?',
    's3:*',
    '*policies',
    'kms:*z*',
    'kms.putkeypolicy',
  ];
  for (const pattern of others) assert.equal(matchesWildcard(pattern, action), false, pattern);
  assert.equal(matchesWildcard('', ''), true);
  assert.equal(matchesWildcard('*', ''), true);
  assert.equal(matchesWildcard('?', ''), false);
});

test('a pattern that a backtracking matcher would take years for is told at once', () => {
  assert.equal(matchesWildcard(`kms:${'*'.repeat(30_000)}z`, 'kms:putkeypolicy'), false);
  assert.equal(matchesWildcard(`kms:${'*?'.repeat(10_000)}z`, 'kms:putkeypolicy'), false);
  assert.equal(matchesWildcard(`${'a*'.repeat(1_000)}b`, 'a'.repeat(2_000)), false);
});
