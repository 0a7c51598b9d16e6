import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Binding, encodeBinding } from '../../src/engine/protocol/binding.ts';
import { accessKeyBinding, keyBinding } from '../support/bindings.ts';
import { startEngines, type TestEngines } from '../support/engines.ts';

let engines: TestEngines;
before(async () => {
  engines = await startEngines();
});
after(() => engines.stop());

const store: Binding = {
  ...accessKeyBinding,
  kind: 'store-credential',
  region: 'eu-central-1',
  keyId: 'cks-0123456789abcdef0',
  usage: 'kmsuser',
  origin: 'AWS_CLOUDHSM',
};
const binding = encodeBinding(store);
const code = (expected: string) => (error: { code?: string }) => error.code === expected;
const open = (token: Uint8Array, of: Binding = store) =>
  engines.engine.call('openStoreCredential', { binding: encodeBinding(of), token });

test('a password that was given comes back for its login', async () => {
  const { token } = await engines.engine.call('sealStoreCredential', { binding, password: 'a Passw0rd' });
  assert.ok(!Buffer.from(token).includes('Passw0rd'));
  assert.deepEqual(await open(token), { password: 'a Passw0rd' });
});

test('each new password is another one, in the form of CloudHSM', async () => {
  const made = await Promise.all([1, 2].map(() => engines.engine.call('createStoreCredential', { binding })));
  const passwords = await Promise.all(made.map(async ({ token }) => (await open(token)).password));
  for (const password of passwords) assert.match(password, /^[A-Za-z0-9]{32}$/);
  assert.equal(new Set(passwords).size, 2);
});

test('no other store, user, account or Region opens it', async () => {
  const { token } = await engines.engine.call('createStoreCredential', { binding });
  for (const other of [{ keyId: 'cks-1' }, { account: '999988887777' }, { region: 'us-east-1' }])
    await assert.rejects(open(token, { ...store, ...other }), code('wrong-token'));
  for (const other of [{ usage: 'admin' }, { origin: 'AWS_KMS' }, { keySpec: 'x' }, { region: '*' }])
    await assert.rejects(open(token, { ...store, ...other }), code('refused'));
});

test('nothing but a credential of a store is opened for a login', async () => {
  const { engine } = engines;
  const accessKey = await engine.call('createAccessKey', { binding: encodeBinding(accessKeyBinding) });
  await assert.rejects(open(accessKey.token, accessKeyBinding), code('refused'));
  await assert.rejects(open(accessKey.token), code('wrong-token'));
  const material = await engine.call('createMaterial', {
    binding: encodeBinding({ ...keyBinding, materialId: '' }),
  });
  await assert.rejects(
    open(material.token, { ...keyBinding, materialId: material.materialId }),
    code('refused'),
  );
  await assert.rejects(open(material.token), code('wrong-token'));
});

test('a credential of a store is used for nothing else', async () => {
  const { engine } = engines;
  const { token } = await engine.call('createStoreCredential', { binding });
  const scope = { date: '20260115', region: 'eu-central-1', service: 'kms' };
  await assert.rejects(engine.call('signingKey', { binding, token, ...scope }), code('refused'));
  const text = Buffer.from('text');
  await assert.rejects(
    engine.call('encrypt', { binding, token, plaintext: text, context: text }),
    code('refused'),
  );
});

test('passwords that no HSM takes are refused', async () => {
  for (const password of ['short6', 'x'.repeat(33), 'line\nbreak', 'ümlaute!'])
    await assert.rejects(engines.engine.call('sealStoreCredential', { binding, password }), code('refused'));
});

test('a rotation of the domain key takes it along', async () => {
  const { token } = await engines.engine.call('sealStoreCredential', { binding, password: 'to be kept' });
  const { tokens } = await engines.engine.call('rewrapTokens', { tokens: [{ binding, token }] });
  const [fresh] = tokens;
  assert.ok(fresh !== undefined && !Buffer.from(fresh).equals(token));
  assert.deepEqual(await open(fresh), { password: 'to be kept' });
});
