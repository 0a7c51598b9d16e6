import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { refusal } from '../support/hsm-cluster.ts';
import { PASSWORD, TestKeyStore } from '../support/key-store.ts';

const store = new TestKeyStore();
before(() => store.start());
after(() => store.stop());

const context = { project: 'x' };
const text = Buffer.from('to be sealed');
let id = '';
let keyId = '';
let blob: Uint8Array;

test('a new store is disconnected', async () => {
  id = await store.create();
  assert.match(id, /^cks-[0-9a-f]{17}$/);
  const { CustomKeyStores } = await store.kms.call('DescribeCustomKeyStores');
  const [shown] = CustomKeyStores;
  assert.equal(shown.ConnectionState, 'DISCONNECTED');
  assert.equal(shown.TrustAnchorCertificate, store.cluster.ca.certificate);
  assert.equal(shown.CustomKeyStoreType, 'AWS_CLOUDHSM');
  assert.equal(shown.ConnectionErrorCode, undefined);
});

test('it connects, with a password that nobody else has', async () => {
  await store.connect(id);
  const [hsm] = store.hsms;
  assert.ok(hsm);
  const login = store.cluster.login(hsm, { user: 'kmsuser', password: PASSWORD });
  assert.equal(await refusal(login), 'wrong-credential');
});

test('a key is made in the HSMs, which says so', async () => {
  keyId = await store.createKey(id);
  const { KeyMetadata: shown } = await store.kms.call('DescribeKey', { KeyId: keyId });
  assert.equal(shown.Origin, 'AWS_CLOUDHSM');
  assert.equal(shown.CustomKeyStoreId, id);
  assert.equal(shown.CloudHsmClusterId, store.cluster.clusterId);
  assert.equal(shown.KeyState, 'Enabled');
  assert.equal(shown.CurrentKeyMaterialId, undefined);
  for (const hsm of store.hsms) assert.equal((await hsm.describe()).keys, 1);
});

test('it encrypts, decrypts, re-encrypts and makes data keys', async () => {
  const { kms } = store;
  const sealed = await kms.call('Encrypt', { KeyId: keyId, Plaintext: text, EncryptionContext: context });
  blob = sealed.CiphertextBlob;
  assert.equal(blob[0], 2);
  const opened = await kms.call('Decrypt', { CiphertextBlob: blob, EncryptionContext: context });
  assert.deepEqual(Buffer.from(opened.Plaintext), text);
  assert.equal(opened.KeyMaterialId, undefined);
  const refused = await kms.error('Decrypt', { CiphertextBlob: blob, EncryptionContext: { project: 'y' } });
  assert.equal(refused.code, 'InvalidCiphertextException');

  const dataKey = await kms.call('GenerateDataKey', { KeyId: keyId, KeySpec: 'AES_256' });
  const again = await kms.call('Decrypt', { CiphertextBlob: dataKey.CiphertextBlob });
  assert.deepEqual(Buffer.from(again.Plaintext), Buffer.from(dataKey.Plaintext));
  assert.equal(dataKey.Plaintext.length, 32);
  const without = await kms.call('GenerateDataKeyWithoutPlaintext', { KeyId: keyId, NumberOfBytes: 7 });
  assert.equal(without.Plaintext, undefined);
  assert.equal((await kms.call('Decrypt', { CiphertextBlob: without.CiphertextBlob })).Plaintext.length, 7);
});

test('ReEncrypt works within the store, out of it and into it', async () => {
  const { kms } = store;
  const second = await store.createKey(id);
  const { KeyMetadata: outside } = await kms.call('CreateKey');
  let current = blob;
  for (const [i, to] of [second, outside.KeyId, keyId].entries()) {
    const reply = await kms.call('ReEncrypt', {
      CiphertextBlob: current,
      ...(i === 0 && { SourceEncryptionContext: context }),
      DestinationKeyId: to,
    });
    current = reply.CiphertextBlob;
    assert.equal(current[0], to === outside.KeyId ? 1 : 2);
  }
  const { Plaintext } = await kms.call('Decrypt', { CiphertextBlob: current });
  assert.deepEqual(Buffer.from(Plaintext), text);
});

test('no bit of a ciphertext can be changed', async () => {
  for (let at = 0; at < blob.length; at += 1) {
    const altered = Buffer.from(blob);
    altered[at] = (altered[at] ?? 0) ^ 1;
    const { code } = await store.kms.error('Decrypt', {
      CiphertextBlob: altered,
      EncryptionContext: context,
    });
    assert.equal(code, 'InvalidCiphertextException', `byte ${at}`);
  }
});

test('a dry run uses nothing and says what would have been', async () => {
  const request = { CiphertextBlob: blob, EncryptionContext: context, DryRun: true };
  assert.equal((await store.kms.error('Decrypt', request)).code, 'DryRunOperationException');
  const wrong = await store.kms.error('Decrypt', { ...request, EncryptionContext: {} });
  assert.equal(wrong.code, 'InvalidCiphertextException');
});

test('the HSM makes random bytes', async () => {
  const request = { NumberOfBytes: 24, CustomKeyStoreId: id };
  assert.equal((await store.kms.call('GenerateRandom', request)).Plaintext.length, 24);
  const { code } = await store.kms.error('GenerateRandom', { ...request, CustomKeyStoreId: 'cks-none' });
  assert.equal(code, 'CustomKeyStoreNotFoundException');
});

test('each use is in the journal with the session and the number of the HSM', async () => {
  const events = await store.kms.events();
  const uses = events
    .flatMap(({ envelope }) => envelope.uses)
    .filter(({ session }) => session.startsWith('hsm-'));
  assert.ok(uses.length > 8);
  for (const { session, n, material } of uses) {
    assert.match(session, /^hsm-(?:first234567|second23456)\/.+/);
    assert.ok(n > 0);
    assert.match(material, /^[0-9a-f]{64}$/);
  }
  const numbers = uses.map(({ session, material, n }) => `${session} ${material} ${n}`);
  assert.equal(new Set(numbers).size, numbers.length);
});

test('what AWS refuses of such keys is refused', async () => {
  const { kms } = store;
  for (const operation of [
    'EnableKeyRotation',
    'DisableKeyRotation',
    'GetKeyRotationStatus',
    'RotateKeyOnDemand',
    'ListKeyRotations',
    'DeleteImportedKeyMaterial',
  ])
    assert.equal(
      (await kms.error(operation, { KeyId: keyId })).code,
      'UnsupportedOperationException',
      operation,
    );
  const request = { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: id };
  const multi = await kms.error('CreateKey', { ...request, MultiRegion: true });
  assert.equal(multi.code, 'UnsupportedOperationException');
  const none = await kms.error('CreateKey', { ...request, CustomKeyStoreId: 'cks-none' });
  assert.equal(none.code, 'CustomKeyStoreNotFoundException');
});

test('after a disconnect no key is used, and each can be managed', async () => {
  const { kms } = store;
  const pending = await store.createKey(id);
  await kms.call('ScheduleKeyDeletion', { KeyId: pending, PendingWindowInDays: 7 });
  await kms.call('DisconnectCustomKeyStore', { CustomKeyStoreId: id });
  const ways = {
    Encrypt: { KeyId: keyId, Plaintext: text },
    Decrypt: { CiphertextBlob: blob, EncryptionContext: context },
    GenerateDataKey: { KeyId: keyId, KeySpec: 'AES_256' },
    GenerateDataKeyWithoutPlaintext: { KeyId: keyId, KeySpec: 'AES_256' },
    ReEncrypt: { CiphertextBlob: blob, SourceEncryptionContext: context, DestinationKeyId: keyId },
  };
  const refusals = async () => {
    for (const [operation, request] of Object.entries(ways)) {
      const { code, message } = await kms.error(operation, request);
      assert.equal(code, 'KMSInvalidStateException', operation);
      assert.match(message, new RegExp(`key/${keyId} is unavailable\\.`));
    }
  };
  await refusals();
  await store.settles(id, 'DISCONNECTED');
  await refusals();
  const state = async (key: string) => (await kms.call('DescribeKey', { KeyId: key })).KeyMetadata;
  assert.equal((await state(keyId)).KeyState, 'Unavailable');
  assert.equal((await state(keyId)).Enabled, false);
  assert.equal((await state(pending)).KeyState, 'PendingDeletion');
  await kms.call('UpdateKeyDescription', { KeyId: keyId, Description: 'managed' });
  await kms.call('CreateAlias', { AliasName: 'alias/in-store', TargetKeyId: keyId });
  await kms.call('DisableKey', { KeyId: keyId });
  await kms.call('EnableKey', { KeyId: keyId });
  await kms.call('TagResource', { KeyId: keyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] });
  assert.equal((await kms.error('CancelKeyDeletion', { KeyId: keyId })).code, 'KMSInvalidStateException');
  await kms.call('CancelKeyDeletion', { KeyId: pending });
  assert.equal((await state(pending)).KeyState, 'Unavailable');
  const request = { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: id };
  assert.equal((await kms.error('CreateKey', request)).code, 'CustomKeyStoreInvalidStateException');
});

test('the HSM signed that the password is thrown away, and nothing of it is left', async () => {
  const stored = await store.kms.rows.get<{ credential: { state: string; receipt: string } }>(
    'key-store',
    `111122223333/eu-central-1/${id}`,
  );
  assert.equal(stored?.value.credential.state, 'discarded');
  assert.ok((stored?.value.credential.receipt.length ?? 0) > 100);
  assert.deepEqual(await store.kms.rows.scan('store-credential', '', { limit: 1 }), []);
});

test('it connects again once an administrator gave another password, and what was encrypted decrypts', async () => {
  const failed = await store.connect(id, 'FAILED');
  assert.equal(failed.ConnectionErrorCode, 'INVALID_CREDENTIALS');
  await store.disconnect(id);
  await store.setPassword('kmsuser-password-2');
  await store.kms.call('UpdateCustomKeyStore', {
    CustomKeyStoreId: id,
    KeyStorePassword: 'kmsuser-password-2',
  });
  await store.connect(id);
  const { Plaintext } = await store.kms.call('Decrypt', { CiphertextBlob: blob, EncryptionContext: context });
  assert.deepEqual(Buffer.from(Plaintext), text);
});

test('a key that is destroyed is deleted in the HSMs, with their receipt in its lineage', async () => {
  const { kms } = store;
  const doomed = await store.createKey(id);
  const keys = async () => (await store.hsms[0]?.describe())?.keys;
  const before = (await keys()) ?? 0;
  await kms.call('ScheduleKeyDeletion', { KeyId: doomed, PendingWindowInDays: 7 });
  kms.clock.time += 7 * DAY_MS + 1;
  await kms.guard().acknowledgeClock(kms.clock.time);
  await kms.runJobs();
  assert.equal(await keys(), before - 1);
  const records = await kms.rows.scan<{ event: string; erasure?: string; holders: unknown[] }>(
    'lineage',
    `111122223333/eu-central-1/${doomed}/`,
    { limit: 10 },
  );
  const destroyed = records.find(({ value }) => value.event === 'destroyed');
  assert.ok(destroyed?.value.erasure);
  assert.deepEqual(destroyed.value.holders, []);
});

test('a store with keys is not deleted, nor one that is connected', async () => {
  const { kms } = store;
  const request = { CustomKeyStoreId: id };
  assert.equal(
    (await kms.error('DeleteCustomKeyStore', request)).code,
    'CustomKeyStoreInvalidStateException',
  );
  await store.disconnect(id);
  assert.equal((await kms.error('DeleteCustomKeyStore', request)).code, 'CustomKeyStoreHasCMKsException');
});

test('no plaintext password is in the store or the journal', async () => {
  const found = JSON.stringify(await store.kms.events());
  assert.ok(!found.includes(PASSWORD) && !found.includes('kmsuser-password-2'));
});
