/** Backups that are deleted: their files go, their record stays. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { lockholm } from '../support/command-line.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from './node.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: TestServer;
before(async () => {
  folder = await temporaryFolder();
  server = await startServer({ data: join(folder.path, 'data') });
});
after(async () => {
  await server.stop();
  await folder.remove();
});

const backup = async (...args: readonly string[]) =>
  lockholm(['backup', ...args, '--data', server.data, '--json']);
async function made(name: string): Promise<{ readonly id: string; readonly path: string }> {
  const path = join(folder.path, name);
  const { stdout, stderr } = await backup('create', path);
  const { BackupId } = JSON.parse(stdout || '{}');
  assert.ok(BackupId, stderr);
  return { id: BackupId, path };
}

test('a backup is removed where it was written, once, and stays on record', async () => {
  const { id, path } = await made('one');
  assert.equal((await backup('delete', id)).code, 2);
  assert.equal((await backup('delete', id, '--yes')).code, 0);
  assert.equal(existsSync(path), false);
  const again = await backup('delete', id, '--yes');
  assert.match(again.stderr, /only a complete one is deleted/);
  const { Backups } = JSON.parse((await backup('list')).stdout);
  const listed = Backups.find(({ BackupId }: { BackupId: string }) => BackupId === id);
  assert.deepEqual([listed.Status, listed.DeletedHow], ['Deleted', 'removed']);
});

test('one that was moved is not taken for gone until somebody says so', async () => {
  const { id, path } = await made('two');
  await rename(path, `${path}-moved`);
  const refused = await backup('delete', id, '--yes');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /is not in .* any more.*--gone/s);
  const { stdout } = await backup('delete', id, '--gone');
  assert.deepEqual([JSON.parse(stdout).Status, JSON.parse(stdout).DeletedHow], ['Deleted', 'declared']);
  assert.equal(existsSync(`${path}-moved`), true);
  assert.match((await backup('delete', 'nosuch', '--yes')).stderr, /There is no backup nosuch/);
});

test('a link to where one was moved is not taken for it: removing the link would leave the backup', async () => {
  const { id, path } = await made('three');
  await rename(path, `${path}-moved`);
  await symlink(`${path}-moved`, path);
  const refused = await backup('delete', id, '--yes');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /is not in .* any more/);
  assert.equal(existsSync(join(path, 'manifest.json')), true);
  const { Backups } = JSON.parse((await backup('list')).stdout);
  const listed = Backups.find(({ BackupId }: { BackupId: string }) => BackupId === id);
  assert.equal(listed.Status, 'Complete');
});
