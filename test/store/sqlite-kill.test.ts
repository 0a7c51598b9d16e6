import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { temporaryFolder } from './temporary.ts';

const script = (name: string) => join(import.meta.dirname, 'children', name);

async function has(path: string, acknowledged: readonly string[]): Promise<void> {
  const store = await openSqliteStore(path);
  try {
    const rows = new Set((await store.scan('key', '', { limit: 1_000_000 })).map(({ id }) => id));
    const events = new Set((await store.outbox(1_000_000)).map(({ id }) => id));
    assert.deepEqual(
      acknowledged.filter((id) => !rows.has(id) || !events.has(id)),
      [],
    );
    assert.deepEqual([...rows].toSorted(), [...events].toSorted());
  } finally {
    await store.close();
  }
}

describe('a process killed while it commits', () => {
  it('loses nothing that was acknowledged, ten times in turn', async () => {
    const folder = await temporaryFolder();
    const path = join(folder.path, 'store.db');
    const acknowledged: string[] = [];
    try {
      for (let round = 0; round < 10; round += 1) {
        const child = spawn(process.execPath, [script('commit-loop.ts'), path, `round${round}`], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const enough = acknowledged.length + 25 + round * 10;
        child.stdout.on('error', () => {});
        for await (const line of createInterface({ input: child.stdout })) {
          acknowledged.push(line);
          if (acknowledged.length >= enough) child.kill('SIGKILL');
        }
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        assert.equal(child.signalCode, 'SIGKILL');
      }
      assert(acknowledged.length > 300);
      await has(path, acknowledged);
    } finally {
      await folder.remove();
    }
  });

  it('answers every call when the disk refuses to write, and keeps what it had', async () => {
    const folder = await temporaryFolder();
    const path = join(folder.path, 'store.db');
    try {
      const limited = `ulimit -f 4000; exec "$0" "$@"`;
      const child = spawnSync(
        'sh',
        ['-c', limited, process.execPath, script('commit-loop.ts'), path, 'limited', '30000'],
        { encoding: 'utf8', timeout: 60_000 },
      );
      const lines = child.stdout.trim().split('\n');
      // Linux answers EFBIG, which SQLite takes for a failed disk; a quota or a full disk is `full`.
      assert.match(lines.at(-1) ?? '', /^!(unavailable unavailable|full answered)$/, child.stderr);
      assert.equal(child.signal, null);
      await has(path, lines.slice(0, -1));
    } finally {
      await folder.remove();
    }
  });

  it('refuses commits on a full disk, and goes on when there is space again', async (t) => {
    const folder = await temporaryFolder();
    const disk = join(folder.path, 'disk');
    mkdirSync(disk);
    try {
      const mounted = 'mount -t tmpfs -o size=4m,mode=700 none "$1" && exec "$0" "$2" "$1"';
      const args = ['-rm', 'sh', '-c', mounted, process.execPath, disk, script('fill-disk.ts')];
      const child = spawnSync('unshare', args, { encoding: 'utf8', timeout: 60_000 });
      if (child.error || /unshare|mount|permission/i.test(child.stderr)) {
        t.skip('no user namespace to mount a small file system in');
        return;
      }
      const seen = JSON.parse(child.stdout);
      assert(seen.answered > 20);
      assert.deepEqual(seen, { answered: seen.answered, codes: ['full'], readable: 1, lost: [] });
    } finally {
      await folder.remove();
    }
  });
});
