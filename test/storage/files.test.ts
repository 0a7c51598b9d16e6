import assert from 'node:assert/strict';
import { mkdir, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { ObjectFiles } from '../../src/storage/objects/files.ts';
import { temporaryFolder } from './object-file.ts';

test('a folder that could not be opened once is synced when it can be', async () => {
  await using folder = await temporaryFolder();
  const files = await ObjectFiles.open(folder.path('objects'), (error) => assert.fail(String(error)));
  const name = files.newName();
  const shard = dirname(files.path(name));
  await rmdir(shard);
  const failed = await Promise.allSettled([files.sync(name), files.sync(name)]);
  assert.deepEqual(
    failed.map((each) => each.status === 'rejected' && each.reason.code),
    ['ENOENT', 'ENOENT'],
  );
  await mkdir(shard);
  await Promise.all([files.sync(name), files.sync(name)]);
  await files.close();
});
