import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { exportReceiptRow } from '../../src/kms/export-receipts.ts';
import { type LineageRecord, lineagePrefix } from '../../src/kms/lineage.ts';
import { dueOf } from '../../src/store/job.ts';
import { ACCOUNT, REGION, startKms, type TestKms } from '../support/kms.ts';
import { keyWrap, oaep, rsaAesKeyWrap, wraps } from '../support/wrapping.ts';

let kms: TestKms;
const plain = Buffer.from('plain');
const FOREVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const;
const NEW = { ImportType: 'NEW_KEY_MATERIAL' } as const;

before(async () => {
  kms = await startKms();
});
after(() => kms.stop());

const emptyKey = async (more: object = {}) =>
  (await kms.call('CreateKey', { Origin: 'EXTERNAL', ...more })).KeyMetadata;
const describe = async (KeyId: string) => (await kms.call('DescribeKey', { KeyId })).KeyMetadata;
const encrypt = async (KeyId: string) =>
  (await kms.call('Encrypt', { KeyId, Plaintext: plain })).CiphertextBlob;
const decrypts = async (CiphertextBlob: Uint8Array) =>
  assert.deepEqual(Buffer.from((await kms.call('Decrypt', { CiphertextBlob })).Plaintext), plain);
const parameters = (KeyId: string, WrappingAlgorithm = 'RSAES_OAEP_SHA_256', WrappingKeySpec = 'RSA_2048') =>
  kms.call('GetParametersForImport', { KeyId, WrappingAlgorithm, WrappingKeySpec });

/** A request to import, of a fresh import key. */
async function request(KeyId: string, material: Uint8Array, more: object = FOREVER) {
  const { ImportToken, PublicKey } = await parameters(KeyId);
  return { KeyId, ImportToken, EncryptedKeyMaterial: oaep()(PublicKey, material), ...more };
}
const importInto = async (KeyId: string, material: Uint8Array, more: object = FOREVER) =>
  kms.call('ImportKeyMaterial', await request(KeyId, material, more));
async function refused(input: object, code: string, message?: string): Promise<void> {
  const error = await kms.error('ImportKeyMaterial', input);
  assert.equal(error.code, code, error.message);
  if (message !== undefined) assert.equal(error.wireMessage, message);
}
async function pass(days: number): Promise<void> {
  for (let day = 0; day < days; day++) {
    kms.clock.time += DAY_MS;
    await kms.call('GenerateRandom', { NumberOfBytes: 1 });
  }
}
/** Until nothing is left that can be done now. */
async function runJobs() {
  for (;;) {
    const runner = await kms.runJobs();
    const { held } = runner.status();
    const jobs = await kms.rows.scan<{ kind: string }>('job', '', { limit: 1000 });
    if (jobs.every(({ id, value }) => dueOf(id) > kms.clock.time || held.includes(value.kind))) return runner;
  }
}
const lineage = async (KeyId: string, materialId: string): Promise<readonly LineageRecord[]> => {
  const key = await kms.kms.keys.get({ account: ACCOUNT, region: REGION as never }, KeyId as never);
  assert.ok(key);
  const found = await kms.rows.scan<LineageRecord>('lineage', lineagePrefix(key.value, materialId), {
    limit: 100,
  });
  return found.map(({ value }) => value);
};
const rowsOf = (table: 'material' | 'import-key', KeyId: string) =>
  kms.rows.scan<{ token: string }>(table, `${ACCOUNT}/${REGION}/${KeyId}/`, { limit: 100 });

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

test('deleted material is gone at once, and the same alone brings the key back', async () => {
  const { KeyId, Arn } = await emptyKey();
  const material = randomBytes(32);
  const { KeyMaterialId } = await importInto(KeyId, material);
  const ciphertext = await encrypt(KeyId);
  const token = (await rowsOf('material', KeyId))[0]?.value.token;
  assert.deepEqual(await kms.call('DeleteImportedKeyMaterial', { KeyId }), { KeyId: Arn, KeyMaterialId });
  const key = await describe(KeyId);
  assert.equal(key.KeyState, 'PendingImport');
  assert.equal(key.CurrentKeyMaterialId, KeyMaterialId);
  assert.equal('ExpirationModel' in key, false);
  assert.deepEqual(await rowsOf('material', KeyId), []);
  assert.equal((await kms.error('Decrypt', { CiphertextBlob: ciphertext })).code, 'KMSInvalidStateException');
  // Without material it succeeds and does nothing.
  const before = (await kms.events()).length;
  assert.deepEqual(await kms.call('DeleteImportedKeyMaterial', { KeyId: Arn }), {
    KeyId: Arn,
    KeyMaterialId,
  });
  assert.equal((await kms.events()).length, before + 1);

  await refused(await request(KeyId, randomBytes(32)), 'IncorrectKeyMaterialException');
  await refused(
    await request(KeyId, material, { ...FOREVER, KeyMaterialId: 'ab'.repeat(32) }),
    'IncorrectKeyMaterialException',
  );
  assert.equal(
    (await importInto(KeyId, material, { ...FOREVER, KeyMaterialId })).KeyMaterialId,
    KeyMaterialId,
  );
  await decrypts(ciphertext);
  assert.notEqual((await rowsOf('material', KeyId))[0]?.value.token, token);
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

test('material expires by itself, and no use comes after, whatever the clock guard says', async () => {
  const { KeyId, Arn } = await emptyKey();
  const material = randomBytes(32);
  const ValidTo = kms.clock.time + 3 * DAY_MS;
  const { KeyMaterialId } = await importInto(KeyId, material, { ValidTo });
  const ciphertext = await encrypt(KeyId);
  await pass(2);
  await runJobs();
  await decrypts(ciphertext);
  kms.clock.time = ValidTo;
  const refusedNow = await kms.error('Decrypt', { CiphertextBlob: ciphertext });
  assert.equal(refusedNow.wireMessage, `${Arn} is pending import.`);
  assert.equal((await describe(KeyId)).KeyState, 'PendingImport');
  assert.equal((await rowsOf('material', KeyId)).length, 1);
  await runJobs();
  assert.deepEqual(await rowsOf('material', KeyId), []);
  const event = (await kms.events()).findLast(({ envelope }) => envelope.name === 'DeleteExpiredKeyMaterial');
  assert.equal(event?.envelope.type, 'AwsServiceEvent');
  assert.deepEqual(event?.body.additionalEventData, { keyMaterialId: KeyMaterialId });
  await importInto(KeyId, material);
  await decrypts(ciphertext);

  // Nothing is destroyed while the clock is in doubt, and nothing is decrypted past its date either.
  const again = await importInto(KeyId, material, { ValidTo: kms.clock.time + DAY_MS });
  kms.clock.time += 5 * DAY_MS;
  const runner = await runJobs();
  assert.ok(runner.status().held.includes('expire-key-material'));
  assert.equal((await rowsOf('material', KeyId)).length, 1);
  assert.equal((await kms.error('Decrypt', { CiphertextBlob: ciphertext })).code, 'KMSInvalidStateException');
  await kms.guard().acknowledgeClock(kms.clock.time);
  await runJobs();
  assert.deepEqual(await rowsOf('material', KeyId), []);
  assert.deepEqual(
    (await lineage(KeyId, again.KeyMaterialId)).map(({ event: name }) => name),
    ['imported', 'expired', 'imported', 'imported', 'expired'],
  );
});

test('a new date takes the place of the old one', async () => {
  const { KeyId } = await emptyKey();
  const material = randomBytes(32);
  await importInto(KeyId, material, { ValidTo: kms.clock.time + DAY_MS });
  await importInto(KeyId, material, { ValidTo: kms.clock.time + 3 * DAY_MS });
  await pass(2);
  await runJobs();
  await decrypts(await encrypt(KeyId));
  await importInto(KeyId, material);
  await pass(2);
  await runJobs();
  await decrypts(await encrypt(KeyId));
});

test('new material waits for a rotation on demand, and the old one still decrypts', async () => {
  const { KeyId, Arn } = await emptyKey();
  const materials = [randomBytes(32), randomBytes(32)] as const;
  const first = (await importInto(KeyId, materials[0])).KeyMaterialId;
  const old = await encrypt(KeyId);
  const none = await kms.error('RotateKeyOnDemand', { KeyId });
  assert.equal(none.code, 'KMSInvalidStateException');
  assert.equal(none.wireMessage, `No available key material pending rotation for the key: ${Arn}.`);
  await refused(await request(KeyId, materials[0], { ...FOREVER, ...NEW }), 'IncorrectKeyMaterialException');
  await refused(
    await request(KeyId, materials[1], { ...FOREVER, ...NEW, KeyMaterialId: first }),
    'ValidationException',
  );
  const next = { ...FOREVER, ...NEW, KeyMaterialDescription: 'of 2026' };
  const second = (await importInto(KeyId, materials[1], next)).KeyMaterialId;
  assert.equal((await describe(KeyId)).CurrentKeyMaterialId, first);
  const third = await kms.error(
    'ImportKeyMaterial',
    await request(KeyId, randomBytes(32), { ...FOREVER, ...NEW }),
  );
  assert.equal(third.code, 'KMSInvalidStateException');
  assert.match(
    third.wireMessage ?? '',
    new RegExp(
      `^New key material \\(id: [0-9a-f]{64}\\) cannot be imported into KMS key ${Arn}, because another key ` +
        `material \\(id: ${second}\\) is pending rotation\\.$`,
    ),
  );
  await kms.call('RotateKeyOnDemand', { KeyId });
  assert.equal((await describe(KeyId)).CurrentKeyMaterialId, second);
  const { Rotations } = await kms.call('ListKeyRotations', { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
  const there = { KeyId, ImportState: 'IMPORTED', ...FOREVER };
  assert.deepEqual(Rotations, [
    { ...there, KeyMaterialId: first, KeyMaterialState: 'NON_CURRENT' },
    {
      ...there,
      KeyMaterialId: second,
      KeyMaterialState: 'CURRENT',
      KeyMaterialDescription: 'of 2026',
      RotationDate: kms.clock.time,
      RotationType: 'ON_DEMAND',
    },
  ]);
  await decrypts(old);
  const fresh = await encrypt(KeyId);

  // Without one of its materials the whole key waits, for that very one.
  await kms.call('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId: first });
  assert.equal((await kms.error('Decrypt', { CiphertextBlob: fresh })).code, 'KMSInvalidStateException');
  const listed = await kms.call('ListKeyRotations', { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' });
  assert.equal(listed.Rotations[0].ImportState, 'PENDING_IMPORT');
  await kms.call('DeleteImportedKeyMaterial', { KeyId });
  await importInto(KeyId, materials[1]);
  assert.equal((await describe(KeyId)).KeyState, 'PendingImport');
  await importInto(KeyId, materials[0]);
  await decrypts(old);
  await decrypts(fresh);
  const unknown = { KeyId, KeyMaterialId: 'ab'.repeat(32) };
  assert.equal((await kms.error('DeleteImportedKeyMaterial', unknown)).code, 'NotFoundException');
});

test('material that waits for its rotation can be deleted and another take its place', async () => {
  const { KeyId } = await emptyKey();
  await importInto(KeyId, randomBytes(32));
  const waiting = (await importInto(KeyId, randomBytes(32), { ...FOREVER, ...NEW })).KeyMaterialId;
  await kms.call('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId: waiting });
  assert.equal((await describe(KeyId)).KeyState, 'Enabled');
  const other = (await importInto(KeyId, randomBytes(32), { ...FOREVER, ...NEW })).KeyMaterialId;
  await kms.call('RotateKeyOnDemand', { KeyId });
  assert.equal((await describe(KeyId)).CurrentKeyMaterialId, other);
});

test('a key that is to be deleted loses its material without a change of state, and its import keys with itself', async () => {
  const { KeyId, Arn } = await emptyKey();
  const early = await request(KeyId, randomBytes(32));
  await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  await refused(early, 'KMSInvalidStateException', `${Arn} is pending deletion.`);
  assert.equal((await kms.error('DeleteImportedKeyMaterial', { KeyId: 'x' })).code, 'NotFoundException');
  await kms.call('CancelKeyDeletion', { KeyId });
  assert.equal((await describe(KeyId)).KeyState, 'PendingImport');
  await kms.call('ImportKeyMaterial', early);
  await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  await kms.call('DeleteImportedKeyMaterial', { KeyId });
  assert.equal((await describe(KeyId)).KeyState, 'PendingDeletion');
  await kms.call('CancelKeyDeletion', { KeyId });
  assert.equal((await describe(KeyId)).KeyState, 'PendingImport');
  await request(KeyId, randomBytes(32));
  await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  await pass(7);
  await runJobs();
  // A second run, should the timer of the import key have been quicker than that of the key.
  kms.clock.time += 60_000;
  await runJobs();
  assert.deepEqual(await rowsOf('import-key', KeyId), []);
  assert.equal((await kms.error('DescribeKey', { KeyId })).code, 'NotFoundException');
});

test('a disabled key stays disabled when its material comes again, and is enabled when it lacked it', async () => {
  const { KeyId } = await emptyKey();
  const material = randomBytes(32);
  await importInto(KeyId, material);
  await kms.call('DisableKey', { KeyId });
  await importInto(KeyId, material);
  assert.equal((await describe(KeyId)).KeyState, 'Disabled');
  await kms.call('DeleteImportedKeyMaterial', { KeyId });
  assert.equal((await describe(KeyId)).KeyState, 'PendingImport');
  await importInto(KeyId, material);
  assert.equal((await describe(KeyId)).KeyState, 'Enabled');
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
  for (const [matching, expected] of [
    [false, [{ place: 'outside', under: 'not-known' }]],
    [true, [{ place: 'outside', under: 'not-known' }, hsm]],
  ] as const) {
    const material = Buffer.alloc(32, 5);
    const input = await request(KeyId, material);
    const wrappedHash = createHash('sha256').update(input.EncryptedKeyMaterial).digest('hex');
    const publicKeyHash = matching ? Buffer.from(input.ImportToken).toString('hex', 11, 43) : 'ab'.repeat(32);
    const value = { publicKeyHash, holders: [hsm], signed: 'c2lnbmVk' };
    await kms.rows.commit({ put: [{ ...exportReceiptRow(ACCOUNT, wrappedHash), version: 1, value }] });
    const { KeyMaterialId } = await kms.call('ImportKeyMaterial', input);
    const record = (await lineage(KeyId, KeyMaterialId)).findLast(
      ({ arrival }) => arrival?.wrappedHash === wrappedHash,
    );
    assert.deepEqual(record?.holders.slice(2), expected);
    assert.equal(record?.arrival?.receipt, matching ? 'c2lnbmVk' : null);
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
