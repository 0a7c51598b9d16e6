import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { Row, Store } from '../../src/store/contract.ts';
import { isCode } from './suite.ts';
import { temporaryStore } from './temporary.ts';

/** A generator with a fixed seed (Numerical Recipes, section 7.1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

const marked = (mark: string, size: number): Buffer => Buffer.alloc(mark.length + size, mark);

/** Creates, changes and deletes rows of many sizes, so that SQLite moves them between pages. */
async function churn(
  store: Store,
  seed: number,
  steps: number,
): Promise<{ live: Set<string>; dead: string[] }> {
  const next = random(seed);
  const rows = new Map<string, { version: number; mark: string }>();
  const dead: string[] = [];
  let marks = 0;
  for (let step = 0; step < steps; step += 1) {
    const ids = [...rows.keys()];
    const id =
      next() < 0.55 || ids.length === 0 ? `k/${next()}` : (ids[Math.floor(next() * ids.length)] ?? '');
    const old = rows.get(id);
    if (old) dead.push(old.mark);
    if (old && next() < 0.5) {
      rows.delete(id);
      await store.commit({ delete: [{ table: 'material', id, version: old.version }] });
      continue;
    }
    const mark = `MARK${String(marks++).padStart(7, '0')};`;
    const content = marked(mark, next() < 0.05 ? next() * 9000 : next() * 400);
    const version = (old?.version ?? 0) + 1;
    const row: Row = { table: 'material', id, version, content, mac: content.subarray(0, 12) };
    await store.commit({
      put: [row],
      event: { id: `e${mark}`, envelope: content, body: content, mac: content },
    });
    await store.dropOutbox([`e${mark}`]);
    rows.set(id, { version, mark });
  }
  return { live: new Set([...rows.values()].map(({ mark }) => mark)), dead };
}

function marksIn(files: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const name of files)
    for (const [mark] of readFileSync(name, 'latin1').matchAll(/MARK\d{7};/g)) found.add(mark);
  return found;
}
const filesOf = (folder: string) => readdirSync(folder).map((name) => join(folder, name));

describe('erasing', () => {
  it('leaves no byte of what was deleted or overwritten in any file', async () => {
    const opened = await temporaryStore();
    const { store, file } = opened;
    try {
      const first = await churn(store, 7, 1500);
      const before = marksIn(filesOf(dirname(file)));
      assert(first.dead.some((mark) => before.has(mark)));
      assert.equal(await store.erase(), 'erased');
      assert.deepEqual(marksIn(filesOf(dirname(file))), first.live);
      const rows = await store.scan('material', '', { limit: 10_000 });
      assert.equal(rows.length, first.live.size);
    } finally {
      await opened.destroy();
    }
  });

  it('waits for a backup, which reads old pages', async () => {
    const opened = await temporaryStore();
    const { store, file } = opened;
    try {
      const { live } = await churn(store, 11, 400);
      const backup = store.backup(opened.backupPath);
      assert.equal(await store.erase(), 'erased');
      assert.deepEqual(marksIn([file, `${file}-wal`]), live);
      await backup;
      const copied = await opened.openBackup(opened.backupPath);
      try {
        assert.equal((await copied.scan('material', '', { limit: 10_000 })).length, live.size);
      } finally {
        await copied.close();
      }
    } finally {
      await opened.destroy();
    }
  });

  it('leaves no byte of what was deleted, nor of what is in no copy, in a backup', async () => {
    const opened = await temporaryStore();
    const { store, file } = opened;
    try {
      const { live } = await churn(store, 13, 800);
      const content = marked('MARK9999999;', 2000);
      const row = { table: 'import-key', id: 'a', version: 1, content, mac: Buffer.of(1) } as const;
      await store.commit({ put: [row] });
      assert(marksIn([file, `${file}-wal`]).has('MARK9999999;'));
      await store.backup(opened.backupPath);
      assert.deepEqual(marksIn([opened.backupPath]), live);
    } finally {
      await opened.destroy();
    }
  });
});

describe('the change feed', () => {
  it('reaches back as far as it is told to, and says when it does not', async () => {
    const opened = await temporaryStore({ keepChanges: 100 });
    const { store } = opened;
    try {
      const bytes = Buffer.from('x');
      await Promise.all(
        Array.from({ length: 2050 }, (_, i) =>
          store.commit({ put: [{ table: 'key', id: `k${i}`, version: 1, content: bytes, mac: bytes }] }),
        ),
      );
      await assert.rejects(store.changes('500', 10), isCode('pruned'));
      await assert.rejects(store.changes('0', 10), isCode('pruned'));
      const kept = await store.changes('1950', 10_000);
      assert.equal(kept.length, 100);
      assert.equal(kept.at(-1)?.position, '2050');
    } finally {
      await opened.destroy();
    }
  });
});
