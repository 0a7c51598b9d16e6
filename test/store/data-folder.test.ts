import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataFolderError, type DataFolderErrorCode, openDataFolder } from '../../src/store/data-folder.ts';
import { lockDataFolder } from '../../src/store/data-lock.ts';
import { writeFileDurable } from '../../src/store/durable-file.ts';
import { temporaryFolder } from './temporary.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let path: string;
beforeEach(async () => {
  temporary = await temporaryFolder();
  path = join(temporary.path, 'data');
});
afterEach(() => temporary.remove());

const refusal = (code: DataFolderErrorCode, message: RegExp) => (error: unknown) => {
  assert(error instanceof DataFolderError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  assert(error.message.includes(path));
  return true;
};
const mark = () => join(path, 'VERSION');

describe('a data folder', () => {
  it('is made for its owner alone, marked, and opened again', async () => {
    path = join(path, 'deep', 'er');
    assert.deepEqual(await openDataFolder(path), { path, created: true });
    assert.equal(statSync(path).mode & 0o777, 0o700);
    assert.equal(statSync(mark()).mode & 0o777, 0o600);
    assert.equal(readFileSync(mark(), 'utf8'), 'lockholm data format 1\n');
    assert.deepEqual(await openDataFolder(path), { path, created: false });
  });

  it('may be an empty folder, or one whose marking was interrupted', async () => {
    mkdirSync(path, { mode: 0o700 });
    writeFileSync(join(path, 'VERSION.123.new'), 'lockh');
    assert.equal((await openDataFolder(path)).created, true);
  });

  it('is refused when other users may enter it', async () => {
    mkdirSync(path, { mode: 0o700 });
    for (const mode of [0o750, 0o701]) {
      chmodSync(path, mode);
      await assert.rejects(openDataFolder(path), refusal('permissions', /chmod 700/));
    }
    assert.deepEqual(readdirSync(path), []);
  });

  it('is refused when other users may open what is in it', async () => {
    await openDataFolder(path);
    for (const folder of ['journal', 'objects']) mkdirSync(join(path, folder), { mode: 0o700 });
    const files = [
      'node',
      'credentials',
      'config',
      'lockholm.db',
      'lock.db',
      'journal/0.log',
      'journal/0.idx',
    ];
    for (const name of files) writeFileSync(join(path, name), '', { mode: 0o600 });
    await openDataFolder(path);
    for (const name of ['VERSION', 'journal', 'objects', ...files]) {
      const file = join(path, name);
      const { mode } = statSync(file);
      for (const wide of [0o040, 0o004, 0o022]) {
        chmodSync(file, mode | wide);
        const message = new RegExp(`${name} can be opened by other users: run chmod -R go-rwx ${path}$`);
        await assert.rejects(openDataFolder(path), refusal('permissions', message), name);
      }
      chmodSync(file, mode);
    }
    for (const name of files) chmodSync(join(path, name), 0o644);
    await assert.rejects(openDataFolder(path), refusal('permissions', /and 6 more in/));
    execFileSync('chmod', ['-R', 'go-rwx', path]);
    await openDataFolder(path);
  });

  it('is refused when its path is too long for its files, and is not made', async () => {
    const short = path;
    while (path.length <= 490) path = join(path, 'x'.repeat(50));
    await assert.rejects(
      openDataFolder(path),
      refusal('path', /a path of \d+ bytes.*490: name a folder with a shorter/),
    );
    assert.equal(existsSync(short), false);
  });

  it('is refused when it is a file or cannot be made', async () => {
    writeFileSync(path, '');
    await assert.rejects(openDataFolder(path), refusal('permissions', /EEXIST/));
    await assert.rejects(openDataFolder(join(path, 'inside')), refusal('permissions', /ENOTDIR/));
  });

  it('is refused where no folder can be made at all', {
    skip: process.platform !== 'linux' && 'needs /proc',
    timeout: 30_000,
  }, async () => {
    path = '/proc/lockholm/data';
    await assert.rejects(openDataFolder(path), refusal('permissions', /cannot be made \(ENOENT\)/));
  });

  it('is refused when it belongs to another user', async () => {
    if (process.getuid?.() === 0) {
      mkdirSync(path, { mode: 0o700 });
      chownSync(path, 12345, 12345);
    } else {
      path = '/';
    }
    await assert.rejects(openDataFolder(path), refusal('permissions', /belongs to user \d+/));
  });

  it('is refused when it holds files of something else', async () => {
    mkdirSync(path, { mode: 0o700 });
    writeFileSync(join(path, 'thesis.tex'), 'irreplaceable');
    await assert.rejects(openDataFolder(path), refusal('foreign', /thesis\.tex/));
    assert.deepEqual(readdirSync(path), ['thesis.tex']);
    writeFileSync(mark(), '1.2.3\n');
    await assert.rejects(openDataFolder(path), refusal('foreign', /not a mark/));
  });

  it('is refused when a newer Lockholm wrote it', async () => {
    await openDataFolder(path);
    writeFileSync(mark(), 'lockholm data format 2\n');
    await assert.rejects(openDataFolder(path), refusal('newer-format', /format 2.*later one/));
    assert.equal(readFileSync(mark(), 'utf8'), 'lockholm data format 2\n');
  });
});

describe('a durable file', () => {
  it('is replaced whole, with the mode given, and leaves nothing beside it', async () => {
    mkdirSync(path);
    const file = join(path, 'file');
    await writeFileDurable(file, 'one', 0o644);
    assert.equal(statSync(file).mode & 0o777, 0o644);
    await writeFileDurable(file, Buffer.from('two'), 0o600);
    assert.equal(readFileSync(file, 'utf8'), 'two');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(path), ['file']);
  });

  it('keeps the old content when it cannot be replaced', async () => {
    mkdirSync(join(path, 'folder', 'inside'), { recursive: true });
    await assert.rejects(writeFileDurable(join(path, 'folder'), 'x', 0o600));
    assert.deepEqual(readdirSync(path), ['folder']);
  });
});

describe('the lock of a data folder', () => {
  beforeEach(() => mkdirSync(path));

  it('is held once in a process, and free after its release', async () => {
    const release = await lockDataFolder(path, 'lock');
    await assert.rejects(
      lockDataFolder(path, 'lock'),
      refusal('locked', new RegExp(`process ${process.pid}`)),
    );
    await assert.rejects(lockDataFolder(path, 'lock'), { holder: process.pid });
    const other = await lockDataFolder(path, 'front-lock');
    release();
    release();
    assert.equal(existsSync(join(path, 'lock.pid')), false);
    const again = await lockDataFolder(path, 'lock');
    again();
    other();
  });

  it('names the process that holds it, and is free when that is killed', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'children', 'hold-lock.ts'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      await assert.rejects(lockDataFolder(path, 'lock'), { code: 'locked', holder: child.pid });
      const waiting = lockDataFolder(path, 'lock', 30_000);
      await sleep(50);
      child.kill('SIGKILL');
      const release = await waiting;
      assert.equal(readFileSync(join(path, 'lock.pid'), 'utf8'), `${process.pid}\n`);
      release();
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is no file of something else', async () => {
    writeFileSync(join(path, 'lock.db'), 'no database '.repeat(100));
    await assert.rejects(
      lockDataFolder(path, 'lock'),
      refusal('foreign', /lock\.db is no lock of Lockholm.*remove it/),
    );
  });

  it('is waited for no longer than was said', async () => {
    const release = await lockDataFolder(path, 'front-lock');
    await assert.rejects(lockDataFolder(path, 'front-lock', 60), { code: 'locked' });
    release();
  });
});
