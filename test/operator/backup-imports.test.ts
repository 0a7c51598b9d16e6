import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { must, parseKeyId } from '../../src/core/ids.ts';
import type { KeyRecord } from '../../src/kms/key.ts';
import { expireWhenDue } from '../../src/kms/maintenance.ts';
import { restoreBackup } from '../../src/operator/backup/restore.ts';
import { oaep } from '../support/wrapping.ts';
import {
  ACCOUNT,
  backUp,
  call,
  journalled,
  type LoneNode,
  REGION,
  startLoneNode,
  startNode,
} from './node.ts';

type Output = Record<string, never>;
const FOREVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const;

describe('backups and imported key material', () => {
  let here: LoneNode;
  beforeEach(async () => {
    here = await startLoneNode();
  });
  afterEach(() => here.stop());
  const kms = (name: string, input: object) => call(here.node, name, input) as Promise<Output>;
  const emptyKey = async (): Promise<string> => {
    const { KeyMetadata } = (await call(here.node, 'CreateKey', { Origin: 'EXTERNAL' })) as {
      KeyMetadata: { KeyId: string };
    };
    return KeyMetadata.KeyId;
  };
  const parameters = (KeyId: string) =>
    call(here.node, 'GetParametersForImport', {
      KeyId,
      WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
      WrappingKeySpec: 'RSA_2048',
    }) as Promise<{ ImportToken: Uint8Array; PublicKey: Uint8Array }>;
  const importInto = async (KeyId: string, material: Uint8Array, more: object = FOREVER): Promise<string> => {
    const { ImportToken, PublicKey } = await parameters(KeyId);
    const EncryptedKeyMaterial = oaep()(PublicKey, material);
    const made = await kms('ImportKeyMaterial', { KeyId, ImportToken, EncryptedKeyMaterial, ...more });
    return String(made.KeyMaterialId);
  };
  const key = async (id: string): Promise<KeyRecord> => {
    const keyId = must(parseKeyId(id), 'key id');
    return must(await here.node.kms.keys.get({ account: ACCOUNT, region: REGION }, keyId), 'key').value;
  };
  const restoreHere = async () => {
    await here.node.stop();
    await Promise.all([here.engines.killLane('fast'), here.engines.killLane('slow')]);
    const clock = { now: () => Date.now() };
    const options = {
      backup: here.path('backup'),
      data: here.path('restored'),
      journal: here.path('data/journal'),
      clock,
    };
    await restoreBackup(options);
    here.node = await startNode(here.path('restored'), here.engines);
  };

  it('hold no import key and none that was spent, and work without them', async () => {
    const id = await emptyKey();
    const material = randomBytes(32);
    const early = await parameters(id);
    const tokens = async () =>
      (await here.node.rows.scan<{ token: string }>('import-key', '', { limit: 100 })).map(
        ({ value }) => value.token,
      );
    const { ImportToken, PublicKey } = await parameters(id);
    const all = await tokens();
    assert.equal(all.length, 2);
    const input = { KeyId: id, EncryptedKeyMaterial: oaep()(PublicKey, material), ...FOREVER };
    await kms('ImportKeyMaterial', { ...input, ImportToken });
    assert.equal((await tokens()).length, 1);
    await backUp(here.node, here.path('backup'));
    const content = await readFile(here.path('backup/store.db'));
    for (const token of all) assert.equal(content.includes(token.slice(0, 60)), false);
    const [kept] = await here.node.rows.scan<{ token: string }>('material', '', { limit: 1 });
    assert.ok(kept && content.includes(kept.value.token));
    await restoreHere();
    assert.equal((await key(id)).state, 'Enabled');
    assert.deepEqual(await tokens(), []);
    const again = { KeyId: id, ImportToken: early.ImportToken, ...FOREVER };
    await assert.rejects(
      kms('ImportKeyMaterial', { ...again, EncryptedKeyMaterial: oaep()(early.PublicKey, material) }),
      { code: 'InvalidImportTokenException' },
    );
    await importInto(id, material);
  });

  it('repeat deletions, expiries and dates from the journal', async () => {
    const material = randomBytes(32);
    const names = ['deleted', 'expired', 'dated', 'undated', 'back', 'later', 'both'] as const;
    const ids = new Map<string, string>();
    for (const name of names) ids.set(name, await emptyKey());
    const id = (name: (typeof names)[number]): string => must(ids.get(name), name);
    const date = Date.now() + 20 * DAY_MS;
    for (const name of names) {
      if (name !== 'later')
        await importInto(id(name), material, name === 'undated' ? { ValidTo: date } : FOREVER);
    }
    await kms('DisableKey', { KeyId: id('both') });
    await backUp(here.node, here.path('backup'));

    await kms('DeleteImportedKeyMaterial', { KeyId: id('deleted') });
    const soon = Date.now() + 60_000;
    const materialId = await importInto(id('expired'), material, { ValidTo: soon });
    const timer = { account: ACCOUNT, region: REGION, keyId: id('expired'), materialId };
    await expireWhenDue(timer, soon, here.node.kms);
    await importInto(id('dated'), material, { ValidTo: date });
    await importInto(id('undated'), material);
    await kms('DeleteImportedKeyMaterial', { KeyId: id('back') });
    await importInto(id('back'), material);
    const late = await importInto(id('later'), material);
    await kms('EnableKey', { KeyId: id('both') });
    await kms('DeleteImportedKeyMaterial', { KeyId: id('both') });

    await restoreHere();
    const states = await Promise.all(names.map(async (name) => [name, (await key(id(name))).state]));
    assert.deepEqual(Object.fromEntries(states), {
      deleted: 'PendingImport',
      expired: 'PendingImport',
      dated: 'Enabled',
      undated: 'Enabled',
      back: 'Enabled',
      later: 'PendingImport',
      both: 'PendingImport',
    });
    const validTo = async (name: (typeof names)[number]) =>
      (await key(id(name))).materials[0]?.imported?.validTo;
    assert.equal(await validTo('dated'), date);
    assert.equal(await validTo('undated'), undefined);
    const timers = await here.node.rows.scan<{ id: string }>('job', 'expire-key-material/', { limit: 100 });
    assert.ok(timers.some(({ value }) => value.id === id('dated')));
    for (const name of ['deleted', 'expired', 'both'] as const) {
      const prefix = `${ACCOUNT}/${REGION}/${id(name)}/`;
      assert.deepEqual(await here.node.rows.scan('material', prefix, { limit: 9 }), []);
    }
    const [done] = await journalled(here.node, 'RestoreCompleted');
    assert.deepEqual([done?.materialsDeleted, done?.materialsChanged], [3, 2]);
    assert.deepEqual(done?.materialsLost, { count: 1, first: [late] });
    assert.equal((await journalled(here.node, 'KeyMaterialRepeated')).length, 5);
    // Only the same again.
    await assert.rejects(importInto(id('deleted'), randomBytes(32)), {
      code: 'IncorrectKeyMaterialException',
    });
    await importInto(id('deleted'), material);
  });
});
