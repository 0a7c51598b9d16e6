import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const child = join(import.meta.dirname, 'children', 'full-disk.ts');

test('a full disk: calls fail, health says why, nothing is lost, and room is all that it needs', async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'lockholm-chaos-'));
  t.after(() => rmdirSync(disk));
  const mounted = 'mount -t tmpfs -o size=24m,mode=700 none "$1" && exec "$0" "$2" "$1"';
  const args = ['-rm', 'sh', '-c', mounted, process.execPath, disk, child];
  const { status, stdout, stderr, error } = spawnSync('unshare', args, {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (error || (stdout === '' && /unshare|mount/i.test(stderr))) {
    t.skip('no user namespace to mount a small file system in');
    return;
  }
  assert.equal(status, 0, stderr);
  const { start, statuses, before, toldWhileFull, withLittleRoom, ...seen } = JSON.parse(stdout);
  assert.match(toldWhileFull, /^The journal cannot be written: no space .*Make room\. Until then no command/);
  assert.equal(before, 10);
  assert.deepEqual(Object.keys(statuses), ['500']);
  assert.match(start, /no room is left on the disk under .*data: make some/);
  assert.match(withLittleRoom.join(' '), /^503 the disk under the (?:database|journal) is full$/);
  assert.deepEqual(seen, {
    grown: 0,
    whileFull: [503, 'the journal cannot be written'],
    recovers: true,
    worksAgain: true,
    healthyInTheEnd: true,
    lastWorks: true,
    lost: [],
    unopened: 0,
  });
});
