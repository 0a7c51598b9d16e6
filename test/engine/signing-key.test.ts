import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { generateAccessKeySecret } from '../../src/engine/algorithms/access-key/generate.ts';
import { deriveSigningKey } from '../../src/engine/algorithms/access-key/signing-key.ts';

test("the signing key of AWS's published example", () => {
  // AWS General Reference, "Examples of how to derive a signing key for Signature Version 4".
  const secret = createSecretKey(Buffer.from('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'));
  const key = deriveSigningKey(secret, { date: '20150830', region: 'us-east-1', service: 'iam' });
  assert.equal(key.toString('hex'), 'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9');
});

test('what is no scope is refused', () => {
  const secret = createSecretKey(Buffer.from('x'));
  const scope = { date: '20150830', region: 'us-east-1', service: 'iam' };
  for (const bad of [
    { date: '2015083' },
    { date: '2015-8-30' },
    { region: '' },
    { service: 'x'.repeat(65) },
  ]) {
    assert.throws(() => deriveSigningKey(secret, { ...scope, ...bad }), { code: 'refused' });
  }
});

test('secrets have the form that AWS gives them', () => {
  const secrets = Array.from({ length: 50 }, () => generateAccessKeySecret().toString());
  for (const secret of secrets) assert.match(secret, /^[A-Za-z0-9+/]{40}$/);
  assert.equal(new Set(secrets).size, 50);
});
