import assert from 'node:assert/strict';
import { appendFile, cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parseEnvelope } from '../../src/audit/entry.ts';
import { newRootAccessKey } from '../../src/identity/access-keys.ts';
import { arnOf, type KeyRecord, keyRow } from '../../src/kms/key.ts';
import { destroyWhenDue } from '../../src/kms/maintenance.ts';
import { checkBackup } from '../../src/operator/backup/check.ts';
import { restoreBackup } from '../../src/operator/backup/restore.ts';
import { readRestoreMark } from '../../src/operator/backup/restore-mark.ts';
import { inspectStore } from '../../src/store/sqlite/inspect.ts';
import { startEngines, type TestEngines } from '../support/engines.ts';
import {
  ACCOUNT,
  backUp,
  call,
  callOperator,
  createKey,
  decrypt,
  encrypt,
  eventually,
  journalled,
  startNode,
  type TestNode,
  temporaryFolder,
} from './node.ts';

const clock = { now: () => Date.now() };

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('backups', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engines: TestEngines;
  let nodes: TestNode[];
  let node: TestNode;
  const path = (name: string): string => join(folder.path, name);
  const start = async (data: string, options: Parameters<typeof startNode>[2] = {}) => {
    const started = await startNode(path(data), engines, options);
    nodes.push(started);
    return started;
  };
  beforeEach(async () => {
    folder = await temporaryFolder();
    engines = await startEngines({ domain: false });
    nodes = [];
    node = await start('data', { journal: { segmentBytes: 4096 } });
  });
  afterEach(async () => {
    await Promise.all(nodes.map((started) => started.stop()));
    await engines.stop();
    await folder.remove();
  });
  /** As when the machine is lost: engines of the same seal, and nothing else. */
  const lose = async () => {
    await node.stop();
    nodes = [];
    await Promise.all([engines.killLane('fast'), engines.killLane('slow')]);
  };
  const restore = (journal?: string) =>
    restoreBackup({
      backup: path('backup'),
      data: path('restored'),
      clock,
      ...(journal === undefined ? {} : { journal }),
    });

  it('are whole, private, on record, and restored as they were', async () => {
    const key = await createKey(node);
    const ciphertext = await encrypt(node, key, 'kept');
    const record = await backUp(node, path('backup'));
    assert.equal(record.status, 'Complete');
    assert.equal(record.path, path('backup'));
    assert.deepEqual(record.holds?.domainKeys, [1]);
    assert.equal((await stat(path('backup'))).mode & 0o777, 0o700);
    for (const file of await filesIn(path('backup'))) assert.equal((await stat(file)).mode & 0o777, 0o600);
    const { manifest } = await checkBackup(path('backup'));
    assert.equal(manifest.id, record.id);
    assert.equal((await journalled(node, 'BackupCompleted')).length, 1);

    await lose();
    const restored = await restore();
    assert.equal(restored.data, path('restored'));
    const again = await start('restored');
    assert.equal(await decrypt(again, key, ciphertext), 'kept');
    assert.equal(await readRestoreMark(path('restored')), undefined);
    const [done] = await journalled(again, 'RestoreCompleted');
    assert.equal(done?.backup, record.id);
    assert.equal(done?.keysDeleted, 0);
    await again.stop();
    nodes = [];
    await start('restored');
  });

  it('go into a folder that is there under a name of their own', async () => {
    await mkdir(path('many'));
    const [first, second] = [await backUp(node, path('many')), await backUp(node, path('many'))];
    assert.deepEqual([first.status, second.status], ['Complete', 'Complete']);
    assert.deepEqual((await readdir(path('many'))).length, 2);
  });

  it('hold neither the seal nor the secret of an access key', async () => {
    const made = await newRootAccessKey(engines.engine, clock, ACCOUNT);
    await node.rows.commit({ put: [made.row] });
    await backUp(node, path('backup'));
    const [, root = ''] = (await readFile(engines.sealPath, 'utf8')).split('\n');
    const key = Buffer.from(root, 'base64');
    assert.equal(key.length, 32);
    const needles = [root, key, key.toString('hex'), made.secret].map((needle) => Buffer.from(needle));
    for (const file of await filesIn(path('backup'))) {
      const content = await readFile(file);
      for (const needle of needles) assert.equal(content.includes(needle), false, file);
    }
  });

  it('are consistent while the server is written to', async () => {
    let stopped = false;
    let made = 0;
    const writer = async () => {
      while (!stopped) {
        const { KeyMetadata } = (await call(node, 'CreateKey', {})) as { KeyMetadata: { KeyId: string } };
        await call(node, 'DisableKey', KeyMetadata);
        made += 1;
      }
    };
    const writers = [writer(), writer(), writer()];
    await eventually(() => made > 5);
    const records = [await backUp(node, path('backup')), await backUp(node, path('second'))];
    stopped = true;
    await Promise.all(writers);
    assert.deepEqual(
      records.map(({ status }) => status),
      ['Complete', 'Complete'],
    );
    await checkBackup(path('second'));
    await lose();
    await restore();
    const again = await start('restored');
    // Every effect in the store is in the journal, and what came between the two was repeated.
    const rows = await again.rows.scan<KeyRecord>('key', '', { limit: 10_000 });
    const said = new Map<string, string[]>();
    for await (const entry of again.journal.read(0)) {
      const { name, resources } = parseEnvelope(entry);
      for (const arn of resources) said.set(arn, [...(said.get(arn) ?? []), name]);
    }
    assert.ok(rows.length > 5);
    for (const { value } of rows) {
      const names = said.get(arnOf(value)) ?? [];
      assert.ok(names.includes('CreateKey'));
      assert.equal(value.state, names.includes('DisableKey') ? 'Disabled' : 'Enabled');
    }
  });

  it('repeat what the surviving journal tells of', async () => {
    const names = ['deleted', 'disabled', 'waiting', 'spared', 'policy', 'both', 'left'] as const;
    const keys = new Map(
      await Promise.all(names.map(async (name) => [name, await createKey(node)] as const)),
    );
    const key = (name: (typeof names)[number]) => {
      const found = keys.get(name);
      assert.ok(found);
      return found;
    };
    const ciphertext = await encrypt(node, key('deleted'), 'gone');
    await call(node, 'ScheduleKeyDeletion', { KeyId: key('spared').id });
    const access = await newRootAccessKey(engines.engine, clock, ACCOUNT);
    await node.rows.commit({ put: [access.row] });
    await backUp(node, path('backup'));

    await call(node, 'DisableKey', { KeyId: key('disabled').id });
    await call(node, 'ScheduleKeyDeletion', { KeyId: key('waiting').id, PendingWindowInDays: 9 });
    await call(node, 'CancelKeyDeletion', { KeyId: key('spared').id });
    await call(node, 'DisableKey', { KeyId: key('both').id });
    await call(node, 'EnableKey', { KeyId: key('both').id });
    await call(node, 'ScheduleKeyDeletion', { KeyId: key('deleted').id });
    await destroy(node, key('deleted'));
    await callOperator(node, 'UpdateAccessKey', { AccessKeyId: access.accessKeyId, Status: 'Inactive' });
    const { KeyMetadata } = (await call(node, 'CreateKey', {})) as { KeyMetadata: { Arn: string } };
    await call(node, 'RotateKeyOnDemand', { KeyId: key('left').id });
    await node.domain.rotate();
    const waiting = (await node.kms.keys.get(key('waiting'), key('waiting').id))?.value.deletionDate;
    const size = node.journal.size;

    await lose();
    // An old copy of the database alone is refused; the same from a backup goes on, past the journal's last epoch.
    assert.equal((await restore(path('data/journal'))).entries, size);
    const again = await start('restored');
    assert.equal(again.domain.inForce.epoch, 3);
    const state = async (name: (typeof names)[number]) =>
      (await again.kms.keys.get(key(name), key(name).id))?.value;
    assert.equal(await state('deleted'), undefined);
    assert.equal((await again.rows.scan('material', `${ACCOUNT}/`, { limit: 100 })).length, names.length - 1);
    await assert.rejects(decrypt(again, key('deleted'), ciphertext));
    assert.equal((await state('disabled'))?.state, 'Disabled');
    assert.equal((await state('waiting'))?.state, 'PendingDeletion');
    assert.equal((await state('waiting'))?.deletionDate, waiting);
    assert.equal((await state('spared'))?.state, 'Disabled');
    assert.equal((await state('both'))?.state, 'Enabled');
    assert.equal(
      (await again.rows.get<{ status: string }>('access-key', access.accessKeyId))?.value.status,
      'Inactive',
    );
    const [done] = await journalled(again, 'RestoreCompleted');
    assert.equal(done?.keysDeleted, 1);
    assert.equal(done?.accessKeysChanged, 1);
    assert.deepEqual(done?.keysLost, { count: 1, first: [KeyMetadata.Arn] });
    assert.match(JSON.stringify(done?.materialsLost), /"count":1,/);
    const repeated = await journalled(again, 'KeyStateRepeated');
    assert.deepEqual(repeated.map(({ keyState }) => keyState).sort(), [
      'Deleted',
      'Disabled',
      'Disabled',
      'PendingDeletion',
    ]);
    assert.ok(again.journal.size > size);
  });

  it('finish a restore that was interrupted', async () => {
    const keys = await Promise.all([createKey(node), createKey(node), createKey(node)]);
    await backUp(node, path('backup'));
    for (const { id } of keys) await call(node, 'DisableKey', { KeyId: id });
    await lose();
    await restore(path('data/journal'));
    await cp(path('restored/restore.json'), path('mark'));
    const first = await start('restored');
    await first.stop();
    nodes = [];
    await cp(path('mark'), path('restored/restore.json'));
    const again = await start('restored');
    assert.equal((await journalled(again, 'KeyStateRepeated')).length, 3);
    for (const key of keys) assert.equal((await again.kms.keys.get(key, key.id))?.value.state, 'Disabled');
  });

  it('are refused when anything in them was changed', async () => {
    await createKey(node);
    await backUp(node, path('backup'));
    const files = (await filesIn(path('backup'))).filter((file) => !file.endsWith('manifest.mac'));
    assert.ok(files.length > 3);
    for (const file of files) {
      const content = await readFile(file);
      const middle = Math.floor(content.length / 2);
      const changed = Buffer.from(content);
      changed[middle] = (changed[middle] ?? 0) ^ 1;
      await writeFile(file, changed);
      await assert.rejects(checkBackup(path('backup')), { name: 'BackupError', code: 'damaged' }, file);
      await truncate(file, middle);
      await assert.rejects(checkBackup(path('backup')), { code: 'damaged' }, file);
      await rm(file);
      await assert.rejects(restore(), { code: 'damaged' }, file);
      await writeFile(file, content);
    }
    await writeFile(path('backup/journal/note'), 'a file more');
    await assert.rejects(checkBackup(path('backup')), { code: 'damaged', message: /journal\/note/ });
    assert.equal((await readdir(folder.path)).includes('restored'), false);
  });

  it('are refused by the first start when files and manifest were changed together', async () => {
    await backUp(node, path('backup'));
    const manifest = await readFile(path('backup/manifest.json'), 'utf8');
    await writeFile(
      path('backup/manifest.json'),
      manifest.replace('"lockholm":"0.0.0"', '"lockholm":"0.0.1"'),
    );
    await checkBackup(path('backup'));
    await lose();
    await restore();
    await assert.rejects(start('restored'), { name: 'BackupError', code: 'damaged', message: /was changed/ });
  });

  it('are refused by the first start when an older database was put in the place of theirs', async () => {
    await node.store.backup(path('older.db'));
    await node.domain.rotate();
    await backUp(node, path('backup'));
    await lose();
    await restore();
    await cp(path('older.db'), path('restored/lockholm.db'));
    await assert.rejects(start('restored'), {
      name: 'BackupError',
      code: 'damaged',
      message: /later database/,
    });
  });

  it('are refused when they are of a newer Lockholm, or name what would steer a terminal', async () => {
    await backUp(node, path('backup'));
    const manifest = await readFile(path('backup/manifest.json'), 'utf8');
    await writeFile(path('backup/manifest.json'), manifest.replace('"format":1', '"format":2'));
    await assert.rejects(restore(), { code: 'newer' });
    await writeFile(path('backup/manifest.json'), manifest.replace('"node-1"', '"\\u001b[2J"'));
    await assert.rejects(restore(), { code: 'damaged', message: /manifest.json is incomplete/ });
  });

  it('are restored into an empty folder, and never over anything', async () => {
    await backUp(node, path('backup'));
    await mkdir(path('restored'));
    await writeFile(path('restored/mine'), 'x');
    await assert.rejects(restore(), { code: 'target' });
    assert.deepEqual(await readdir(path('restored')), ['mine']);
    await rm(path('restored/mine'));
    await restore();
    assert.ok((await readdir(path('restored'))).includes('restore.json'));
    await assert.rejects(restore(), { code: 'target' });
  });

  it('are not mixed with a journal of another server, or one that ends before them', async () => {
    await backUp(node, path('backup'));
    await cp(path('data/journal'), path('journal'), { recursive: true });
    await createKey(node);
    await call(node, 'CreateKey', {});
    await backUp(node, path('later'));
    const other = restoreBackup({
      backup: path('later'),
      data: path('restored'),
      journal: path('journal'),
      clock,
    });
    await assert.rejects(other, { code: 'mismatch', message: /without --journal/ });
    await assert.rejects(restore(path('nothing')), { code: 'mismatch' });
    await lose();
    await rm(path('data'), { recursive: true });
    await engines.stop();
    engines = await startEngines({ domain: false });
    const stranger = await start('data');
    for (let i = 0; i < 10; i++) await call(stranger, 'CreateKey', {});
    await assert.rejects(restore(path('data/journal')), { code: 'mismatch', message: /not of the server/ });
  });

  it('take a journal whose end is torn', async () => {
    await backUp(node, path('backup'));
    await call(node, 'CreateKey', {});
    const size = node.journal.size;
    await lose();
    const last = (await readdir(path('data/journal'))).filter((name) => name.endsWith('.log')).at(-1);
    await appendFile(path(`data/journal/${last}`), Buffer.alloc(20, 1));
    assert.equal((await restore(path('data/journal'))).entries, size);
    assert.ok((await start('restored')).journal.size > size);
  });

  it('are not written over anything, into the data folder, or where nothing is', async () => {
    await writeFile(path('file'), '');
    for (const place of ['file', 'nowhere/backup', 'data/backup', 'data'])
      await assert.rejects(node.backups.plan(path(place)), { name: 'BackupError', code: 'target' }, place);
    await assert.rejects(node.backups.plan('relative'), { code: 'target' });
  });

  it('that fail are on record, and leave nothing behind', async () => {
    const { record, change } = await node.backups.plan(path('backup'));
    await node.rows.commit(change);
    await writeFile(path(`backup.${record.id}.partial`), 'in the way');
    node.backups.begin(record);
    while (node.backups.busy) await new Promise((resolve) => setTimeout(resolve, 5));
    const [stored] = await node.rows.scan<{ status: string }>('backup', '', { limit: 2 });
    assert.equal(stored?.value.status, 'Failed');
    assert.equal((await journalled(node, 'BackupFailed')).length, 1);
    assert.equal((await readdir(folder.path)).includes('backup'), false);
  });

  it('that a kill interrupted are looked after at the next start', async () => {
    const gone = await node.backups.plan(path('gone'));
    await node.rows.commit(gone.change);
    await mkdir(path(`gone.${gone.record.id}.partial`));
    const whole = await backUp(node, path('backup'));
    const stored = await node.rows.get('backup', whole.id);
    const { holds: _, ...running } = { ...whole, status: 'Running' as const };
    const version = (stored?.version ?? 0) + 1;
    await node.rows.commit({ put: [{ table: 'backup', id: whole.id, version, value: running }] });
    await node.stop();
    nodes = [];
    const again = await start('data', { journal: { segmentBytes: 4096 } });
    const rows = await again.rows.scan<{ id: string; status: string }>('backup', '', { limit: 10 });
    const statuses = new Map(rows.map(({ value }) => [value.id, value.status]));
    assert.equal(statuses.get(gone.record.id), 'Failed');
    assert.equal(statuses.get(whole.id), 'Complete');
    assert.equal(
      (await readdir(folder.path)).some((name) => name.endsWith('.partial')),
      false,
    );
  });

  it('are read without a trace beside them', async () => {
    await backUp(node, path('backup'));
    const before = await readdir(path('backup'));
    inspectStore(path('backup/store.db'), true);
    assert.deepEqual(await readdir(path('backup')), before);
  });
});

async function destroy(node: TestNode, key: KeyRecord): Promise<void> {
  const stored = await node.kms.keys.get(key, key.id);
  assert.ok(stored);
  const value = { ...stored.value, deletionDate: 1 };
  await node.rows.commit({ put: [{ ...keyRow(key, key.id), version: stored.version + 1, value }] });
  await destroyWhenDue({ account: key.account, region: key.region, keyId: key.id }, clock.now(), node.kms);
}
