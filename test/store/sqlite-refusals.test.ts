import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { StoreError } from '../../src/store/contract.ts';
import { Channel } from '../../src/store/sqlite/channel.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { isCode, row } from './suite.ts';
import { temporaryFolder } from './temporary.ts';

describe('a store file that is not right', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let path: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder.path, 'store.db');
  });
  afterEach(() => folder.remove());

  const filled = async (rows = 200) => {
    const store = await openSqliteStore(path);
    await store.commit({ put: Array.from({ length: rows }, (_, i) => row(`r${i}`, 1, 'x'.repeat(1000))) });
    await store.close();
  };
  /** The open fails as said, and the bytes of the file and its log stay as they were. */
  const refused = async (code: StoreError['code'], message: RegExp) => {
    // Looking into a store may make an empty log beside it.
    const digest = (name: string) =>
      createHash('sha256')
        .update(existsSync(name) ? readFileSync(name) : '')
        .digest('hex');
    const bytes = () => [digest(path), digest(`${path}-wal`)];
    const before = bytes();
    await assert.rejects(openSqliteStore(path), (error) => {
      assert(isCode(code)(error), String(error));
      assert.match((error as StoreError).message, message);
      return true;
    });
    assert.deepEqual(bytes(), before);
  };

  it('is refused when it is garbage', async () => {
    writeFileSync(path, Buffer.alloc(50_000, 'not a database '), { mode: 0o600 });
    await refused('corrupt', /damaged.*restore the last backup/);
  });

  it('is refused when its end is missing', async () => {
    await filled();
    truncateSync(path, statSync(path).size - 3 * 4096);
    await refused('corrupt', /restore the last backup/);
  });

  it('is refused when a page in it is torn', async () => {
    await filled();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 20 * 4096, 20 * 4096 + 2048);
    writeFileSync(path, bytes);
    await refused('corrupt', /restore the last backup/);
  });

  it('is refused when only its log of commits is left', async () => {
    const store = await openSqliteStore(path);
    await store.commit({ put: [row('a')] });
    copyFileSync(`${path}-wal`, join(folder.path, 'kept'));
    await store.close();
    copyFileSync(join(folder.path, 'kept'), `${path}-wal`);
    rmSync(path);
    await refused('corrupt', /without the .*store\.db/);
    writeFileSync(path, '', { mode: 0o600 });
    await refused('corrupt', /without the .*store\.db/);
  });

  it('is refused when a newer Lockholm wrote it', async () => {
    const store = await openSqliteStore(path);
    await store.commit({ put: [row('a')] });
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    // As after kill -9: the newest commits are in the log alone.
    const files = [path, `${path}-wal`];
    for (const name of files) copyFileSync(name, `${name}.kept`);
    db.close();
    await store.close();
    for (const name of files) copyFileSync(`${name}.kept`, name);
    assert(statSync(`${path}-wal`).size > 0);
    await refused('newer-schema', /schema 99.*run the Lockholm that wrote it or a later one/);
  });

  it('is refused when another program made it', async () => {
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE theirs (a)');
    db.close();
    chmodSync(path, 0o600);
    await refused('corrupt', /another program/);
  });

  it('is refused when other users can read it', async () => {
    await filled(1);
    chmodSync(path, 0o640);
    await refused('unavailable', /chmod 600/);
  });

  it('is refused where its folder is missing', async () => {
    await assert.rejects(openSqliteStore(join(folder.path, 'absent', 'store.db')), isCode('unavailable'));
  });

  it('is opened when it is empty, and is readable by its owner alone', async () => {
    writeFileSync(path, '', { mode: 0o600 });
    await filled(1);
    const store = await openSqliteStore(path);
    await store.commit({ put: [row('one more')] });
    for (const name of [path, `${path}-wal`, `${path}-shm`]) assert.equal(statSync(name).mode & 0o777, 0o600);
    await store.backup(join(folder.path, 'copy.db'));
    assert.equal(statSync(join(folder.path, 'copy.db')).mode & 0o777, 0o600);
    await store.close();
    assert.deepEqual(
      [existsSync(`${path}-wal`), existsSync(join(folder.path, 'copy.db-wal'))],
      [false, false],
    );
  });

  it('fails every call once it is found damaged in use', async () => {
    await filled(3000);
    const store = await openSqliteStore(path);
    try {
      const bytes = readFileSync(path);
      bytes.fill(0xa5, 4096);
      writeFileSync(path, bytes);
      await assert.rejects(store.scan('key', '', { limit: 10_000 }), isCode('corrupt'));
      await assert.rejects(store.commit({ put: [row('new')] }), isCode('corrupt'));
      await assert.rejects(store.position(), isCode('corrupt'));
    } finally {
      await store.close();
    }
  });
});

describe('the worker of a store', () => {
  const worker = (source: string) => new Channel(new Worker(source, { eval: true, execArgv: [] }));
  const opens = `const { parentPort } = require('node:worker_threads'); parentPort.postMessage([{ seq: 0 }]);`;

  it('rejects what waits and what comes later when it exits', async () => {
    const channel = worker(`${opens} parentPort.on('message', () => process.exit(0))`);
    await channel.opened;
    const calls = [channel.call('position', {}), channel.call('get', { table: 'key', id: 'a' })];
    for (const call of calls) await assert.rejects(call, isCode('unavailable'));
    await assert.rejects(channel.call('position', {}), isCode('unavailable'));
  });

  it('rejects what waits when it throws, and when it never opens', async () => {
    const throwing = worker(`${opens} parentPort.on('message', () => { throw new Error('lost') })`);
    await throwing.opened;
    await assert.rejects(throwing.call('position', {}), /lost/);
    await assert.rejects(worker('process.exit(1)').opened, isCode('unavailable'));
  });
});
