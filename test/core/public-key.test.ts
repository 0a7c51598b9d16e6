import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { pemOfSpki, spkiOfPem } from '../../src/core/public-key.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const spki = publicKey.export({ type: 'spki', format: 'der' });
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();

test('a public key goes from PEM to DER and back', () => {
  assert.deepEqual(spkiOfPem(Buffer.from(pem)), spki);
  assert.equal(pemOfSpki(spki), pem);
});

test('a private key is not taken for its public one', () => {
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem' });
  assert.throws(() => spkiOfPem(Buffer.from(secret)), /private key/);
});

test('what is no public key is refused', () => {
  assert.throws(() => spkiOfPem(Buffer.from('nothing')));
  assert.throws(() => pemOfSpki(spki.subarray(1)));
});
