import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { startKms, type TestKms } from '../support/kms.ts';
import { FOREVER, importing, NEW } from './importing.ts';

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
  request,
  importInto,
  refused,
  pass,
  runJobs,
  lineage,
  rowsOf,
} = importing(() => kms);

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

test('what was deleted and what was spent is in no file any more', async () => {
  const { KeyId } = await emptyKey();
  const input = await request(KeyId, randomBytes(32));
  const tokens = async (table: 'material' | 'import-key') =>
    (await rowsOf(table, KeyId)).map(({ value }) => value.token.slice(0, 60));
  const inFiles = async (token: string) => {
    const names = ['lockholm.db', 'lockholm.db-wal'].map((name) => join(kms.folder, name));
    const files = await Promise.all(names.map((name) => readFile(name).catch(() => Buffer.alloc(0))));
    return files.some((file) => file.includes(token));
  };
  const [importKey = ''] = await tokens('import-key');
  assert.ok(await inFiles(importKey));
  await kms.call('ImportKeyMaterial', input);
  await runJobs();
  assert.equal(await inFiles(importKey), false);
  const [material = ''] = await tokens('material');
  assert.ok(await inFiles(material));
  await kms.call('DeleteImportedKeyMaterial', { KeyId });
  assert.equal(await inFiles(material), false);
});
