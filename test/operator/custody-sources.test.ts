/** What the custody report takes for so of the machine that it runs on. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { machineOf } from '../../src/operator/custody-sources.ts';
import { temporaryFolder } from './node.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

const machine = (seal: string, host = '127.0.0.1') =>
  machineOf({ data: folder.path, seal, endpoint: () => 'http://127.0.0.1:4566' }, host);
const sealHere = () => join(folder.path, 'seal');

test('every access key of the credentials file in the data folder counts, not the first alone', async () => {
  assert.deepEqual((await machine(sealHere())).accessKeysInFolder, []);
  const profile = (name: string, id: string) =>
    `[${name}]\naws_access_key_id = ${id}\naws_secret_access_key = s\n\n`;
  await writeFile(
    join(folder.path, 'credentials'),
    profile('default', 'AKIAONE') + profile('other', 'AKIATWO'),
  );
  assert.deepEqual((await machine(sealHere())).accessKeysInFolder, ['AKIAONE', 'AKIATWO']);
});

test('a seal that is not where it was counts as on the disk of the data, not in its folder', async () => {
  const { seal } = await machine('/nowhere/seal');
  assert.deepEqual([seal.inDataFolder, seal.onDataDisk], [false, true]);
  assert.equal((await machine(sealHere())).seal.inDataFolder, true);
});

test('only a loopback address keeps calls on the machine', async () => {
  const beyond = async (host: string) => (await machine(sealHere(), host)).listensBeyondHost;
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
    assert.equal(await beyond(host), false, host);
  for (const host of ['0.0.0.0', '::', '192.0.2.1', '127.0.0.1.example.com', 'localhost.example.com', ''])
    assert.equal(await beyond(host), true, host);
});
