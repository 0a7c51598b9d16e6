import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { recordExportReceipt } from '../../src/kms/export-receipts.ts';
import { ACCOUNT, startKms, type TestKms } from '../support/kms.ts';
import { keyWrap, oaep, rsaAesKeyWrap, wraps } from '../support/wrapping.ts';
import { FOREVER, importing, plain } from './importing.ts';

let kms: TestKms;
before(async () => {
  kms = await startKms();
});
after(() => kms.stop());

const {
  emptyKey,
  describe,
  encrypt,
  decrypts,
  parameters,
  request,
  importInto,
  refused,
  runJobs,
  lineage,
  rowsOf,
} = importing(() => kms);

test('an empty key waits for its material, and says so as AWS does', async () => {
  const key = await emptyKey();
  assert.equal(key.KeyState, 'PendingImport');
  assert.equal(key.Enabled, false);
  assert.equal(key.Origin, 'EXTERNAL');
  assert.deepEqual(await describe(key.KeyId), key);
  for (const absent of ['ExpirationModel', 'ValidTo', 'CurrentKeyMaterialId'])
    assert.equal(absent in key, false);
  for (const [operation, more] of [
    ['Encrypt', { Plaintext: plain }],
    ['GenerateDataKey', { KeySpec: 'AES_256' }],
    ['EnableKey', {}],
    ['DisableKey', {}],
    ['RotateKeyOnDemand', {}],
  ] as const) {
    const error = await kms.error(operation, { KeyId: key.KeyId, ...more });
    assert.deepEqual(
      [error.code, error.wireMessage],
      ['KMSInvalidStateException', `${key.Arn} is pending import.`],
    );
  }
  await kms.call('TagResource', { KeyId: key.KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] });
  await kms.call('UpdateKeyDescription', { KeyId: key.KeyId, Description: 'mine' });
});

for (const WrappingAlgorithm of Object.keys(wraps)) {
  for (const WrappingKeySpec of ['RSA_2048', 'RSA_3072', 'RSA_4096']) {
    test(`material comes in by ${WrappingAlgorithm} under ${WrappingKeySpec}`, async () => {
      const { KeyId, Arn } = await emptyKey();
      const made = await parameters(KeyId, WrappingAlgorithm, WrappingKeySpec);
      assert.equal(made.KeyId, Arn);
      assert.equal(made.ParametersValidTo, kms.clock.time + DAY_MS);
      const EncryptedKeyMaterial = wraps[WrappingAlgorithm]?.(made.PublicKey, randomBytes(32));
      const { ImportToken } = made;
      const done = await kms.call('ImportKeyMaterial', {
        KeyId,
        ImportToken,
        EncryptedKeyMaterial,
        ...FOREVER,
      });
      const key = await describe(KeyId);
      assert.deepEqual(done, { KeyId: Arn, KeyMaterialId: key.CurrentKeyMaterialId });
      assert.equal(key.KeyState, 'Enabled');
      assert.equal(key.ExpirationModel, 'KEY_MATERIAL_DOES_NOT_EXPIRE');
      assert.equal('ValidTo' in key, false);
      await decrypts(await encrypt(KeyId));
    });
  }
}

test('wrappings that are not here are refused by name', async () => {
  const { KeyId } = await emptyKey();
  for (const [algorithm, spec] of [
    ['RSAES_PKCS1_V1_5', 'RSA_2048'],
    ['RSAES_OAEP_SHA_1', 'RSA_2048'],
    ['RSA_AES_KEY_WRAP_SHA_1', 'RSA_2048'],
    ['SM2PKE', 'SM2'],
    ['RSAES_OAEP_SHA_256', 'SM2'],
  ]) {
    const input = { KeyId, WrappingAlgorithm: algorithm, WrappingKeySpec: spec };
    assert.equal((await kms.error('GetParametersForImport', input)).code, 'UnsupportedOperationException');
  }
});

test('only keys of origin EXTERNAL have import, and only the others rotate by themselves', async () => {
  const made = (await kms.call('CreateKey')).KeyMetadata;
  const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' };
  for (const [operation, more] of [
    ['GetParametersForImport', wrapping],
    ['ImportKeyMaterial', { ImportToken: plain, EncryptedKeyMaterial: plain }],
    ['DeleteImportedKeyMaterial', {}],
  ] as const) {
    const error = await kms.error(operation, { KeyId: made.KeyId, ...more });
    assert.equal(error.code, 'UnsupportedOperationException');
    assert.equal(error.wireMessage, `${made.Arn} origin is AWS_KMS which is not valid for this operation.`);
  }
  const { KeyId, Arn } = await emptyKey();
  await importInto(KeyId, randomBytes(32));
  for (const operation of ['EnableKeyRotation', 'DisableKeyRotation', 'GetKeyRotationStatus']) {
    const error = await kms.error(operation, { KeyId });
    assert.equal(error.code, 'UnsupportedOperationException');
    assert.equal(error.wireMessage, `${Arn} origin is EXTERNAL which is not valid for this operation.`);
  }
});

test('an expiration model and its date agree, within a year from now', async () => {
  const { KeyId } = await emptyKey();
  const base = await request(KeyId, randomBytes(32), {});
  const message = 'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES';
  await refused(base, 'ValidationException', message);
  await refused({ ...base, ...FOREVER, ValidTo: kms.clock.time + 1000 }, 'ValidationException');
  await refused({ ...base, ValidTo: kms.clock.time }, 'ValidationException');
  await refused({ ...base, ValidTo: kms.clock.time + 365 * DAY_MS + 1 }, 'ValidationException');
  const ValidTo = kms.clock.time + 365 * DAY_MS;
  await kms.call('ImportKeyMaterial', { ...base, ValidTo });
  const key = await describe(KeyId);
  assert.equal(key.ExpirationModel, 'KEY_MATERIAL_EXPIRES');
  assert.equal(key.ValidTo, ValidTo);
});

test('what does not unwrap, or to the wrong size, is refused; the token stays good', async () => {
  const { KeyId } = await emptyKey();
  const oaepKey = await parameters(KeyId);
  const wrapKey = await parameters(KeyId, 'RSA_AES_KEY_WRAP_SHA_256');
  const other = await parameters(KeyId);
  const material = randomBytes(32);
  const good = oaep()(oaepKey.PublicKey, material);
  const goodWrap = rsaAesKeyWrap(wrapKey.PublicKey, material);
  const altered = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
  const attempt = (
    { ImportToken }: { ImportToken: Uint8Array },
    EncryptedKeyMaterial: Uint8Array,
    code: string,
  ) => refused({ KeyId, ImportToken, EncryptedKeyMaterial, ...FOREVER }, code);
  for (const bad of [
    Buffer.of(1),
    good.subarray(1),
    Buffer.concat([good, Buffer.of(0)]),
    altered(good, 100),
    Buffer.alloc(256, 0xff),
    Buffer.alloc(6144, 7),
    oaep('sha1')(oaepKey.PublicKey, material),
    oaep()(other.PublicKey, material),
    // Wrapped by the other algorithm.
    rsaAesKeyWrap(oaepKey.PublicKey, material),
  ])
    await attempt(oaepKey, bad, 'InvalidCiphertextException');
  const shortKey = Buffer.alloc(16, 9);
  for (const bad of [
    oaep()(wrapKey.PublicKey, material),
    goodWrap.subarray(0, -1),
    goodWrap.subarray(0, -8),
    altered(goodWrap, 260),
    altered(goodWrap, 3),
    Buffer.concat([oaep()(wrapKey.PublicKey, shortKey), keyWrap(Buffer.alloc(32, 9), material)]),
  ])
    await attempt(wrapKey, bad, 'InvalidCiphertextException');
  for (const size of [1, 16, 31, 33, 64]) {
    const wrong = randomBytes(size);
    await attempt(oaepKey, oaep()(oaepKey.PublicKey, wrong), 'IncorrectKeyMaterialException');
    await attempt(wrapKey, rsaAesKeyWrap(wrapKey.PublicKey, wrong), 'IncorrectKeyMaterialException');
  }
  assert.equal((await describe(KeyId)).KeyState, 'PendingImport');
  await kms.call('ImportKeyMaterial', {
    KeyId,
    ImportToken: wrapKey.ImportToken,
    EncryptedKeyMaterial: goodWrap,
    ...FOREVER,
  });
});

test('a token is for one key, for a day, and for one import', async () => {
  const [a, b] = [await emptyKey(), await emptyKey()];
  const material = randomBytes(32);
  const first = await request(a.KeyId, material);
  const second = await request(a.KeyId, material);
  const late = await request(a.KeyId, material);
  await refused({ ...first, KeyId: b.KeyId }, 'InvalidImportTokenException');
  await refused({ ...first, ImportToken: second.ImportToken }, 'InvalidCiphertextException');
  for (const token of [Buffer.of(1), Buffer.alloc(76, 1), Buffer.alloc(6144)])
    await refused({ ...first, ImportToken: token }, 'InvalidImportTokenException');
  for (let at = 0; at < first.ImportToken.length; at++) {
    const ImportToken = Buffer.from(first.ImportToken);
    ImportToken[at] = (ImportToken[at] ?? 0) ^ 1;
    await refused({ ...first, ImportToken }, 'InvalidImportTokenException');
  }
  await kms.call('ImportKeyMaterial', first);
  await refused(first, 'InvalidImportTokenException');
  await kms.call('ImportKeyMaterial', second);
  kms.clock.time += DAY_MS;
  await refused(late, 'ExpiredImportTokenException');
  await runJobs();
  // The import key is erased by now: what is wrong with the token is still known.
  await refused(late, 'ExpiredImportTokenException');
  assert.deepEqual(await rowsOf('import-key', a.KeyId), []);
});

test('of two imports with one token at one time, one succeeds', async () => {
  const { KeyId } = await emptyKey();
  const input = await request(KeyId, randomBytes(32));
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => kms.call('ImportKeyMaterial', input)));
  const failed = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
  assert.deepEqual(failed, ['InvalidImportTokenException', 'InvalidImportTokenException']);
});

test('the same material has another id in another key', async () => {
  const material = randomBytes(32);
  const [a, b] = [await emptyKey(), await emptyKey()];
  const ids = [await importInto(a.KeyId, material), await importInto(b.KeyId, material)].map(
    ({ KeyMaterialId }) => KeyMaterialId,
  );
  assert.notEqual(ids[0], ids[1]);
  const prints = await Promise.all([lineage(a.KeyId, ids[0]), lineage(b.KeyId, ids[1])]);
  assert.equal(prints[0]?.[0]?.fingerprint, prints[1]?.[0]?.fingerprint);
});

test('a multi-Region key takes imported material', async () => {
  const { KeyId } = await emptyKey({ MultiRegion: true });
  await importInto(KeyId, randomBytes(32));
  await decrypts(await encrypt(KeyId));
});

test('lineage tells how material came, by hashes, and that others keep it', async () => {
  const { KeyId } = await emptyKey();
  const input = await request(KeyId, randomBytes(32));
  const { KeyMaterialId } = await kms.call('ImportKeyMaterial', input);
  await kms.call('DeleteImportedKeyMaterial', { KeyId });
  const [imported, deleted] = await lineage(KeyId, KeyMaterialId);
  const outside = { place: 'outside', under: 'not-known' };
  assert.deepEqual(imported?.holders.at(-1), outside);
  assert.equal(imported?.holders.length, 3);
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const { PublicKey, ImportToken } = await parameters(KeyId);
  assert.deepEqual(imported?.arrival, {
    wrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    wrappedHash: sha256(input.EncryptedKeyMaterial),
    publicKeyHash: Buffer.from(input.ImportToken).toString('hex', 11, 43),
    receipt: null,
  });
  assert.equal(sha256(PublicKey), Buffer.from(ImportToken).toString('hex', 11, 43));
  assert.deepEqual([deleted?.event, deleted?.holders, deleted?.fingerprint], ['deleted', [outside], '']);
});

test('an export receipt of the same bytes says where material was before', async () => {
  const { KeyId } = await emptyKey();
  const hsm = { place: 'hsm:cluster-1', under: 'hsm-key' } as const;
  const from = { clusterId: 'cluster-1', hsmId: 'hsm-1', lineage: 'abcd', time: 7 };
  for (const [matching, expected] of [
    [false, [{ place: 'outside', under: 'not-known' }]],
    [true, [{ place: 'outside', under: 'not-known' }, hsm]],
  ] as const) {
    const material = Buffer.alloc(32, 5);
    const input = await request(KeyId, material);
    const wrappedHash = createHash('sha256').update(input.EncryptedKeyMaterial).digest('hex');
    const publicKeyHash = matching ? Buffer.from(input.ImportToken).toString('hex', 11, 43) : 'ab'.repeat(32);
    const receipt = { publicKeyHash, holders: [hsm], signed: 'c2lnbmVk', from };
    await kms.rows.commit(await recordExportReceipt(kms.rows, ACCOUNT, wrappedHash, receipt));
    const { KeyMaterialId } = await kms.call('ImportKeyMaterial', input);
    const record = (await lineage(KeyId, KeyMaterialId)).findLast(
      ({ arrival }) => arrival?.wrappedHash === wrappedHash,
    );
    assert.deepEqual(record?.holders.slice(2), expected);
    assert.equal(record?.arrival?.receipt, matching ? 'c2lnbmVk' : null);
    assert.deepEqual(record?.arrival?.from, matching ? from : undefined);
  }
});

test('the journal tells of an import and holds neither wrapped material nor token', async () => {
  const { KeyId, Arn } = await emptyKey();
  const input = await request(KeyId, randomBytes(32), { ValidTo: kms.clock.time + DAY_MS });
  const { KeyMaterialId } = await kms.call('ImportKeyMaterial', input);
  const events = await kms.events();
  const event = events.findLast(({ envelope }) => envelope.name === 'ImportKeyMaterial');
  assert.deepEqual(event?.body.responseElements, { keyId: Arn, keyMaterialId: KeyMaterialId });
  assert.deepEqual(Object.keys(event?.body.requestParameters), ['keyId', 'validTo']);
  assert.equal(event?.body.additionalEventData.keyState, 'Enabled');
  const text = JSON.stringify(events);
  for (const bytes of [input.ImportToken, input.EncryptedKeyMaterial]) {
    const buffer = Buffer.from(bytes);
    for (const encoding of ['base64', 'hex'] as const)
      assert.equal(text.includes(buffer.toString(encoding).slice(0, 40)), false);
  }
});
