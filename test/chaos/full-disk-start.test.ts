import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const mounted =
  'mount -t tmpfs -o "$1" none "$2" && (timeout 60 "$0" "$3" serve --listen 127.0.0.1:0 --data "$2/some/data"; ' +
  'echo "exit $?"; find "$2" -mindepth 1)';

/** A first start on a small file system: what it said, how it ended, and what it left. Undefined: none can be mounted. */
function startOn(limits: string): { said: string; left: readonly string[] } | undefined {
  const disk = mkdtempSync(join(tmpdir(), 'lockholm-chaos-'));
  try {
    const args = ['-rm', 'sh', '-c', mounted, process.execPath, `${limits},mode=700`, disk, main];
    const { stdout, stderr, error } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 90_000 });
    if (error || (stdout === '' && /unshare|mount/i.test(stderr))) return undefined;
    return { said: stderr, left: stdout.trim().split('\n') };
  } finally {
    rmdirSync(disk);
  }
}

for (const [name, limits] of [
  ['blocks', 'size=256k'],
  ['files: none for a folder', 'size=24m,nr_inodes=2'],
  ['files: none for the mark', 'size=24m,nr_inodes=3'],
  ['files: none for the lock', 'size=24m,nr_inodes=4'],
  ['files: none for its process id', 'size=24m,nr_inodes=5'],
  ['files: none for the seal', 'size=24m,nr_inodes=6'],
] as const) {
  test(`a first start on a disk without room for ${name} says so, and leaves nothing`, (t) => {
    const seen = startOn(limits);
    if (seen === undefined) {
      t.skip('no user namespace to mount a small file system in');
      return;
    }
    assert.match(
      seen.said,
      /no room is left on the disk under \S+\/some\/data: make some.*folder on another disk/,
    );
    assert.deepEqual(seen.left, ['exit 1']);
  });
}
