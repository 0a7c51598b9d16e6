import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { openJournal } from '../../src/audit/journal.ts';
import { rounds } from '../support/random.ts';
import { collect, NODE, temporaryFolder } from './sample.ts';

const script = (name: string) => join(import.meta.dirname, 'children', name);

async function idsIn(folder: string): Promise<string[]> {
  const journal = await openJournal(folder, { node: NODE });
  try {
    const entries = await collect(journal.read(0));
    assert.deepEqual(
      entries.map(({ index }) => index),
      [...entries.keys()],
    );
    return entries.map(({ id }) => id);
  } finally {
    await journal.close();
  }
}

describe('a process killed while it appends', () => {
  it('loses nothing that was acknowledged, many times in turn', async (t) => {
    const folder = await temporaryFolder(t);
    const acknowledged: string[] = [];
    const total = rounds(8);
    for (let round = 0; round < total; round += 1) {
      const child = spawn(process.execPath, [script('append-loop.ts'), folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const enough = acknowledged.length + 20 + ((round * 37) % 101);
      for await (const line of createInterface({ input: child.stdout })) {
        // Killed in the middle of a line, it leaves half an id.
        if (line.length === 36) acknowledged.push(line);
        if (acknowledged.length >= enough) child.kill('SIGKILL');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      assert.equal(child.signalCode, 'SIGKILL');
    }
    const found = await idsIn(folder);
    const held = new Set(found);
    assert.equal(held.size, found.length);
    assert(acknowledged.length >= total * 20);
    assert.deepEqual(
      acknowledged.filter((id) => !held.has(id)),
      [],
    );
  });
});

describe('a journal that may not grow', () => {
  const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;

  it('refuses to append, and goes on when it may grow again', { skip: !hasPrlimit }, async (t) => {
    const folder = await temporaryFolder(t);
    const limited = 'ulimit -S -f 120; exec "$0" "$@"';
    const child = spawn('sh', ['-c', limited, process.execPath, script('limited.ts'), folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const acknowledged: string[] = [];
    const happened: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('!')) acknowledged.push(line);
      else happened.push(line);
      if (line.startsWith('!refused')) {
        const lifted = spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited']);
        assert.equal(lifted.status, 0, String(lifted.stderr));
        child.stdin.write('go on\n');
      }
    }
    assert.deepEqual(happened, ['!refused full, full', '!then 8 more, refused 0, undefined']);
    assert.deepEqual(await idsIn(folder), acknowledged);
  });

  it('does so on a full disk, also where it begins a new segment', async (t) => {
    const disk = join(await temporaryFolder(t), 'disk');
    mkdirSync(disk);
    const mounted = 'mount -t tmpfs -o size=1m,mode=700 none "$1" && exec "$0" "$2" "$1"';
    const args = ['-rm', 'sh', '-c', mounted, process.execPath, disk, script('fill-disk.ts')];
    const child = spawnSync('unshare', args, { encoding: 'utf8', timeout: 60_000 });
    if (child.error || /unshare|mount|permission/i.test(child.stderr)) {
      t.skip('no user namespace to mount a small file system in');
      return;
    }
    const seen = JSON.parse(child.stdout);
    assert(seen.refused > 20, child.stdout);
    assert.deepEqual(seen, { refused: seen.refused, codes: ['full'], lost: [], more: [] });
  });
});
