import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { exportsOf, recordExportReceipt } from '../../src/kms/export-receipts.ts';
import { lineageOf, sameMaterial } from '../../src/kms/lineage.ts';
import { ACCOUNT, REGION, startKms, type TestKms } from '../support/kms.ts';
import { importing } from './importing.ts';

let kms: TestKms;
before(async () => {
  kms = await startKms();
});
after(() => kms.stop());

const { emptyKey, request, importInto, lineage, pass, runJobs } = importing(() => kms);
const place = { account: ACCOUNT, region: REGION };

test('equal material of an account is found by its fingerprint, imported twice or once', async () => {
  const material = randomBytes(32);
  const [a, b] = [await emptyKey(), await emptyKey()];
  const one = await importInto(a.KeyId, material);
  const two = await importInto(b.KeyId, material);
  await importInto(a.KeyId, material);
  const [record] = await lineage(a.KeyId, one.KeyMaterialId);
  const expected = [`${REGION}/${a.KeyId}/${one.KeyMaterialId}`, `${REGION}/${b.KeyId}/${two.KeyMaterialId}`];
  assert.deepEqual(await sameMaterial(kms.rows, ACCOUNT, record?.fingerprint ?? ''), expected.sort());
});

test('a receipt is recorded once, matched by the wrapped bytes, and lists what left an HSM', async () => {
  const { KeyId } = await emptyKey();
  const input = await request(KeyId, randomBytes(32));
  const wrappedHash = createHash('sha256').update(input.EncryptedKeyMaterial).digest('hex');
  const from = { clusterId: 'cluster-1', hsmId: 'hsm-1', lineage: 'abcd', time: 7 };
  const receipt = {
    publicKeyHash: Buffer.from(input.ImportToken).toString('hex', 11, 43),
    holders: [{ place: 'hsm:cluster-1', under: 'hsm-key' }] as const,
    signed: 'c2lnbmVk',
    from,
  };
  await kms.rows.commit(await recordExportReceipt(kms.rows, ACCOUNT, wrappedHash, receipt));
  assert.deepEqual(await recordExportReceipt(kms.rows, ACCOUNT, wrappedHash, receipt), {});
  const [left, ...others] = await exportsOf(kms.rows, ACCOUNT, 'abcd');
  assert.deepEqual([left?.wrappedHash, left?.time, others], [wrappedHash, 7, []]);
  const { KeyMaterialId } = await kms.call('ImportKeyMaterial', input);
  const [record] = (await lineageOf(kms.rows, { ...place, id: KeyId } as never)).get(KeyMaterialId) ?? [];
  assert.deepEqual(record?.arrival?.from, from);
  assert.deepEqual(record?.holders.at(-1), receipt.holders[0]);
});

test('the lineage of a key has all its materials, and stays when the key is destroyed', async () => {
  const { KeyId } = (await kms.call('CreateKey')).KeyMetadata;
  await kms.call('RotateKeyOnDemand', { KeyId });
  await kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  await pass(8);
  await runJobs();
  const found = await lineageOf(kms.rows, { ...place, id: KeyId } as never);
  assert.deepEqual(
    [...found.values()].map((records) => records.map(({ event }) => event)),
    [
      ['made', 'destroyed'],
      ['made', 'destroyed'],
    ],
  );
});
