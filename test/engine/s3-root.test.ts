import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeBinding } from '../../src/engine/protocol/binding.ts';
import { s3RootBinding } from '../../src/storage/envelope/s3-root.ts';
import { accessKeyBinding, createKey } from '../support/bindings.ts';
import { startEngines, type TestEngines } from '../support/engines.ts';

let engines: TestEngines;
before(async () => {
  engines = await startEngines();
});
after(() => engines.stop());

const facts = s3RootBinding('111122223333', { id: '1234abcd-12ab-34cd-56ef-1234567890ab' });
const binding = encodeBinding(facts);
const context = Buffer.from('context');
const code = (expected: string) => ({ code: expected });

test('data keys under an S3 root open in their context, under their root', async () => {
  const { engine } = engines;
  const { token } = await engine.call('createS3Root', { binding });
  const made = await engine.call('generateS3DataKey', { binding, token, context });
  assert.equal(made.plaintext.length, 32);
  const { wrapped } = made;
  const opened = await engine.call('unwrapS3DataKey', { binding, token, wrapped, context });
  assert.deepEqual(opened.plaintext, made.plaintext);
  const second = await engine.call('generateS3DataKey', { binding, token, context });
  assert.notDeepEqual(second.plaintext, made.plaintext);
  const other = Buffer.from('other');
  const unwrap = (request: object) =>
    engine.call('unwrapS3DataKey', { binding, token, wrapped, context, ...request });
  await assert.rejects(unwrap({ context: other }), code('invalid-ciphertext'));
  await assert.rejects(unwrap({ wrapped: wrapped.subarray(1) }), code('invalid-ciphertext'));
  for (let at = 0; at < wrapped.length; at++) {
    const altered = Buffer.from(wrapped);
    altered[at] = (altered[at] ?? 0) ^ 1;
    await assert.rejects(unwrap({ wrapped: altered }), code('invalid-ciphertext'));
  }
  const { token: anotherRoot } = await engine.call('createS3Root', { binding });
  await assert.rejects(unwrap({ token: anotherRoot }), code('invalid-ciphertext'));
  const foreign = encodeBinding({ ...facts, account: '444455556666' });
  await assert.rejects(unwrap({ binding: foreign }), code('wrong-token'));
});

test('an S3 root is used for nothing else, and nothing else as an S3 root', async () => {
  const { engine } = engines;
  const { token } = await engine.call('createS3Root', { binding });
  const plaintext = Buffer.from('x');
  await assert.rejects(engine.call('encrypt', { binding, token, plaintext, context }), code('refused'));
  const length = { length: 32, withPlaintext: true };
  await assert.rejects(
    engine.call('generateDataKey', { binding, token, context, ...length }),
    code('refused'),
  );
  const scope = { date: '20261124', region: 'us-east-1', service: 's3' };
  await assert.rejects(engine.call('signingKey', { binding, token, ...scope }), code('refused'));
  const key = await createKey(engine);
  const asRoot = { binding: key.binding, token: key.token, context };
  await assert.rejects(engine.call('generateS3DataKey', asRoot), code('refused'));
  const wrong = [
    accessKeyBinding,
    { ...facts, region: 'us-east-1' },
    { ...facts, keyId: 'root' },
    { ...facts, account: 'x' },
    { ...facts, usage: 'ENCRYPT_DECRYPT' },
    { ...facts, materialId: 'a'.repeat(64) },
  ];
  for (const each of wrong)
    await assert.rejects(engine.call('createS3Root', { binding: encodeBinding(each) }), code('refused'));
});
