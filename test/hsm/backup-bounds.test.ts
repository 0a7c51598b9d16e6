import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gcmSeal } from '../../src/engine/gcm.ts';
import { MAX_BACKUP, makeBackup, openBackup, parseBackup } from '../../src/hsm/backup.ts';
import { Backups } from '../../src/hsm/backups.ts';
import { keyOf, newHandle } from '../../src/hsm/keys.ts';
import { newAesKey } from '../../src/hsm/message-cipher.ts';
import { openByHost } from '../../src/hsm/open-store.ts';
import { keyOperations } from '../../src/hsm/operations/keys.ts';
import { MAX_EXPORTS_OF_KEY } from '../../src/hsm/protocol/values.ts';
import type { Session } from '../../src/hsm/sessions.ts';
import type { Vault } from '../../src/hsm/vault.ts';
import { wrapToHost } from '../../src/hsm/wraps.ts';
import { cutFolder, LocalHsm } from '../support/hsm-cuts.ts';

const root = cutFolder();
after(() => rmSync(root, { recursive: true, force: true }));
const ALICE: Session = { user: 'alice', role: 'crypto-user', version: '', end: () => undefined };
const secret = createSecretKey(randomBytes(32));
const wraps = (key: Parameters<typeof wrapToHost>[1]) => [wrapToHost(secret, key)];

async function activeHsm(name: string) {
  const local = await new LocalHsm({ folder: join(root, name) }).start();
  await local.activate();
  const { active } = local.machine;
  return { local, active, vault: active.hsm.vault };
}

function draftKey(vault: Vault): string {
  const handle = newHandle();
  const made = { label: 'k', usage: 'wrap', origin: 'generated', extractable: true } as const;
  vault.draft('key', handle, keyOf('alice', { ...made, material: newAesKey(32) }));
  return handle;
}

test('no backup is made that a restore would refuse for its size or its number of objects', async () => {
  const { local, active, vault } = await activeHsm('size');
  vault.draft('export', 'large', { receipt: Buffer.alloc(MAX_BACKUP) });
  assert.throws(() => local.machine.backup(), { code: 'full' });
  vault.draft('export', 'large', { receipt: Buffer.alloc(100) });
  local.machine.backup();
  for (let i = 0; i < 100_000; i += 1) vault.draft('share', `0123456789abcdef/user${i}`, {});
  assert.throws(() => makeBackup(active.hsm, wraps), { code: 'full' });
  local.drop();
});

test('what was removed is in no backup', async () => {
  const { local, active, vault } = await activeHsm('removed');
  const handle = draftKey(vault);
  vault.put('share', `${handle}/bob`, {});
  vault.remove('share', `${handle}/bob`);
  const blob = makeBackup(active.hsm, wraps);
  const sealed = parseBackup(blob);
  const key = openByHost(sealed.header.wraps, secret);
  assert.ok(key);
  const changes = openBackup(sealed, key);
  assert.ok(changes.some(({ id }) => id === handle));
  assert.ok(changes.every(({ removed }) => !removed));
  local.drop();
});

test('a key is not wrapped more often than there is room for receipts', async () => {
  const { local, active, vault } = await activeHsm('receipts');
  const [handle, wrappingHandle] = [draftKey(vault), draftKey(vault)];
  for (let i = 1; i < MAX_EXPORTS_OF_KEY; i += 1)
    vault.draft('export', `${handle}/${i}`, { receipt: Buffer.of(i) });
  const wrap = async () => keyOperations(active).wrapKey({ handle, wrappingHandle, mechanism: 2 }, ALICE);
  await wrap();
  await assert.rejects(wrap, { code: 'full' });
  local.drop();
});

test('one that is written and too long is forgotten, so that it can be written again', () => {
  const backups = new Backups();
  const part = Buffer.alloc(MAX_BACKUP / 2 + 1);
  backups.write(part);
  assert.throws(() => backups.write(part), { code: 'refused' });
  backups.write(part);
  assert.throws(() => backups.write(part), { code: 'refused' });
});

test('a backup that was sealed around something else is refused', () => {
  const [key, nonce, aad] = [createSecretKey(randomBytes(32)), randomBytes(12), Buffer.from('aad')];
  const header = { version: 1, clusterId: '', clusterCertificate: '', wraps: [] };
  for (const content of [Buffer.from([0, 1, 134, 161]), Buffer.from([0, 0, 0, 1])]) {
    const sealed = Buffer.alloc(content.length + 16);
    gcmSeal(key, nonce, aad, content, sealed, 0);
    assert.throws(() => openBackup({ header, aad, nonce, sealed }, key), { code: 'refused' });
  }
});
