/** Imports of key material in tests of KMS. */
import assert from 'node:assert/strict';
import { DAY_MS } from '../../src/core/clock.ts';
import { type LineageRecord, lineagePrefix } from '../../src/kms/lineage.ts';
import { dueOf } from '../../src/store/job.ts';
import { ACCOUNT, REGION, type TestKms } from '../support/kms.ts';
import { oaep } from '../support/wrapping.ts';

export const plain = Buffer.from('plain');
export const FOREVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const;
export const NEW = { ImportType: 'NEW_KEY_MATERIAL' } as const;

/** `kms` is started when one of these is called. */
export function importing(kms: () => TestKms) {
  const emptyKey = async (more: object = {}) =>
    (await kms().call('CreateKey', { Origin: 'EXTERNAL', ...more })).KeyMetadata;
  const describe = async (KeyId: string) => (await kms().call('DescribeKey', { KeyId })).KeyMetadata;
  const encrypt = async (KeyId: string) =>
    (await kms().call('Encrypt', { KeyId, Plaintext: plain })).CiphertextBlob;
  const decrypts = async (CiphertextBlob: Uint8Array) =>
    assert.deepEqual(Buffer.from((await kms().call('Decrypt', { CiphertextBlob })).Plaintext), plain);
  const parameters = (
    KeyId: string,
    WrappingAlgorithm = 'RSAES_OAEP_SHA_256',
    WrappingKeySpec = 'RSA_2048',
  ) => kms().call('GetParametersForImport', { KeyId, WrappingAlgorithm, WrappingKeySpec });

  /** A request to import, of a fresh import key. */
  async function request(KeyId: string, material: Uint8Array, more: object = FOREVER) {
    const { ImportToken, PublicKey } = await parameters(KeyId);
    return { KeyId, ImportToken, EncryptedKeyMaterial: oaep()(PublicKey, material), ...more };
  }
  const importInto = async (KeyId: string, material: Uint8Array, more: object = FOREVER) =>
    kms().call('ImportKeyMaterial', await request(KeyId, material, more));
  async function refused(input: object, code: string, message?: string): Promise<void> {
    const error = await kms().error('ImportKeyMaterial', input);
    assert.equal(error.code, code, error.message);
    if (message !== undefined) assert.equal(error.wireMessage, message);
  }
  async function pass(days: number): Promise<void> {
    for (let day = 0; day < days; day++) {
      kms().clock.time += DAY_MS;
      await kms().call('GenerateRandom', { NumberOfBytes: 1 });
    }
  }
  /** Until nothing is left that can be done now. */
  async function runJobs() {
    for (;;) {
      const runner = await kms().runJobs();
      const { held } = runner.status();
      const jobs = await kms().rows.scan<{ kind: string }>('job', '', { limit: 1000 });
      if (jobs.every(({ id, value }) => dueOf(id) > kms().clock.time || held.includes(value.kind)))
        return runner;
    }
  }
  const lineage = async (KeyId: string, materialId: string): Promise<readonly LineageRecord[]> => {
    const key = await kms().kms.keys.get({ account: ACCOUNT, region: REGION as never }, KeyId as never);
    assert.ok(key);
    const found = await kms().rows.scan<LineageRecord>('lineage', lineagePrefix(key.value, materialId), {
      limit: 100,
    });
    return found.map(({ value }) => value);
  };
  const rowsOf = (table: 'material' | 'import-key', KeyId: string) =>
    kms().rows.scan<{ token: string }>(table, `${ACCOUNT}/${REGION}/${KeyId}/`, { limit: 100 });
  return {
    emptyKey,
    describe,
    encrypt,
    decrypts,
    parameters,
    request,
    importInto,
    refused,
    pass,
    runJobs,
    lineage,
    rowsOf,
  };
}
