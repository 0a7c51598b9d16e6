import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskRoom } from '../../src/server/front/disk-room.ts';

const MIB = 1024 * 1024;

function watched() {
  const free: Record<string, number> = { data: 100 * MIB, journal: 100 * MIB };
  const seen = { free, refused: false, fits: true, probes: 0 };
  const room = new DiskRoom(
    [
      { folder: 'data', name: 'database' },
      { folder: 'journal', name: 'journal', refused: () => seen.refused },
    ],
    {
      free: async (folder) => free[folder] ?? 0,
      fits: async () => {
        seen.probes += 1;
        return seen.fits;
      },
    },
  );
  const health = async (): Promise<string | undefined> => {
    await room.check();
    return room.unready();
  };
  return { seen, health };
}

test('a full disk under the database alone is seen, and only room for a reserve ends it', async () => {
  const { seen, health } = watched();
  assert.equal(await health(), undefined);
  seen.free.data = 900 * 1024;
  assert.equal(await health(), 'the disk under the database is full');
  seen.free.data = 2 * MIB;
  assert.equal(await health(), 'the disk under the database is full');
  assert.equal(seen.probes, 0);
  seen.free.data = 9 * MIB;
  seen.fits = false;
  assert.equal(await health(), 'the disk under the database is full');
  seen.fits = true;
  assert.equal(await health(), undefined);
  seen.free.data = 2 * MIB;
  assert.equal(await health(), undefined);
});

test('a journal that was refused space is well again when a reserve can be written, not before', async () => {
  const { seen, health } = watched();
  seen.refused = true;
  assert.equal(await health(), 'the disk under the journal is full');
  seen.refused = false;
  seen.fits = false;
  assert.equal(await health(), 'the disk under the journal is full');
  seen.fits = true;
  assert.equal(await health(), undefined);
});

test('the reserve is really written, and leaves nothing behind', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lockholm-room-'));
  t.after(() => rmSync(folder, { recursive: true }));
  let refused = true;
  const room = new DiskRoom([{ folder, name: 'journal', refused: () => refused }]);
  assert.notEqual(room.unready(), undefined);
  refused = false;
  await room.check();
  assert.equal(room.unready(), undefined);
  assert.deepEqual(readdirSync(folder), []);
});
