/** What every store does, run by each implementation: src/store/contract.ts says it in words. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { OutboxRow, Row, Store, Table } from '../../src/store/contract.ts';
import { StoreError } from '../../src/store/contract.ts';

export interface OpenStore {
  readonly store: Store;
  /** A path for a backup: nothing is there. */
  readonly backupPath: string;
  /** Closes the store and opens it again. */
  reopen(): Promise<Store>;
  /** Opens a backup as a store, to be closed by the caller. */
  openBackup(path: string): Promise<Store>;
  /** Closes and removes everything. */
  destroy(): Promise<void>;
}

export const row = (id: string, version = 1, content = `${id} ${version}`, table: Table = 'key'): Row => ({
  table,
  id,
  version,
  content: Buffer.from(content),
  mac: Buffer.from(`mac of ${id}`),
});
export const event = (id: string): OutboxRow => ({
  id,
  envelope: Buffer.from(`envelope ${id}`),
  body: Buffer.from(`body ${id}`),
  mac: Buffer.from(`mac ${id}`),
});
export const isCode = (code: StoreError['code']) => (error: unknown) =>
  error instanceof StoreError && error.code === code;
const plain = (rows: readonly Row[]) =>
  rows.map(({ table, id, version, content, mac }) => ({
    table,
    id,
    version,
    content: Buffer.from(content).toString(),
    mac: Buffer.from(mac).toString(),
  }));
const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

export function storeSuite(name: string, open: () => Promise<OpenStore>): void {
  describe(name, () => {
    let opened: OpenStore;
    let store: Store;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.destroy());

    versions(() => store);
    scans(() => store);
    feed(
      () => store,
      () => opened,
    );
    outbox(
      () => store,
      () => opened,
    );
    sizes(() => store);
    lifetime(
      () => store,
      () => opened,
    );
  });
}

function versions(store: () => Store): void {
  it('keeps what was committed, byte for byte', async () => {
    const content = randomBytes(300);
    await store().commit({ put: [{ ...row('a/b'), content, mac: new Uint8Array(0) }] });
    const found = await store().get('key', 'a/b');
    assert.deepEqual(Buffer.from(found?.content ?? []), content);
    assert.equal(found?.mac.length, 0);
    assert.equal(found?.version, 1);
    assert.equal(await store().get('alias', 'a/b'), undefined);
  });

  it('takes a write only at the version that follows the one it holds', async () => {
    await store().commit({ put: [row('a')] });
    await assert.rejects(store().commit({ put: [row('a')] }), isCode('conflict'));
    await assert.rejects(store().commit({ put: [row('a', 3)] }), isCode('conflict'));
    await assert.rejects(store().commit({ put: [row('b', 2)] }), isCode('conflict'));
    await store().commit({ put: [row('a', 2)] });
    assert.deepEqual(plain([(await store().get('key', 'a')) as Row]), plain([row('a', 2)]));
  });

  it('deletes only the version that was read, and begins again at 1', async () => {
    await store().commit({ put: [row('a')] });
    await store().commit({ put: [row('a', 2)] });
    const ref = { table: 'key', id: 'a' } as const;
    await assert.rejects(store().commit({ delete: [{ ...ref, version: 1 }] }), isCode('conflict'));
    await store().commit({ delete: [{ ...ref, version: 2 }] });
    assert.equal(await store().get('key', 'a'), undefined);
    await assert.rejects(store().commit({ delete: [{ ...ref, version: 2 }] }), isCode('conflict'));
    await store().commit({ put: [row('a')] });
  });

  it('holds a change to versions of rows that it does not write', async () => {
    await store().commit({ put: [row('a')] });
    const expect = (version: number, id = 'a') => [{ table: 'key' as const, id, version }];
    await assert.rejects(store().commit({ expect: expect(0), put: [row('b')] }), isCode('conflict'));
    await assert.rejects(store().commit({ expect: expect(2), put: [row('b')] }), isCode('conflict'));
    await store().commit({ expect: [...expect(1), ...expect(0, 'absent')], put: [row('b')] });
  });

  it('applies all of a change or nothing', async () => {
    await store().commit({ put: [row('a')] });
    const change = {
      put: [row('new'), row('a', 2), row('late', 7)],
      delete: [{ table: 'key', id: 'a', version: 1 }] as const,
      event: event('e1'),
    };
    await assert.rejects(store().commit({ ...change, delete: [] }), isCode('conflict'));
    assert.deepEqual(ids(await store().scan('key', '', { limit: 10 })), ['a']);
    assert.deepEqual(await store().outbox(10), []);
    assert.deepEqual(ids(await store().changes('0', 10)), ['a']);
  });

  it('refuses malformed changes as errors of the program', async () => {
    const malformed = [
      store().commit({ put: [row('')] }),
      store().commit({ put: [row('a\0b')] }),
      store().commit({ put: [row('\ud800')] }),
      store().commit({ put: [row('x'.repeat(1153))] }),
      store().commit({ put: [row('a', 0)] }),
      store().commit({ put: [row('a', 1.5)] }),
      store().commit({ put: [row('a'), row('a', 2)] }),
      store().commit({ put: [row('a', 1, 'x', 'nowhere' as Table)] }),
      store().scan('key', '', { limit: 0 }),
      store().changes('-1', 1),
      store().changes('1e3', 1),
    ];
    for (const each of malformed) await assert.rejects(each, RangeError);
    assert.equal(await store().position(), '0');
  });

  it('lets one of many that change the same row win', async () => {
    await store().commit({ put: [row('a')] });
    const attempts = Array.from({ length: 20 }, (_, i) =>
      store().commit({ put: [row('a', 2, `writer ${i}`), row(`mine/${i}`)], event: event(`e${i}`) }),
    );
    const outcomes = await Promise.allSettled(attempts);
    const winners = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
    assert.equal(winners.length, 1);
    assert.deepEqual(ids(await store().scan('key', 'mine/', { limit: 30 })), [`mine/${winners[0]}`]);
    assert.deepEqual(ids(await store().outbox(30)), [`e${winners[0]}`]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert(isCode('conflict')(outcome.reason));
  });

  it('keeps concurrent commits of different rows apart', async () => {
    const positions = await Promise.all(
      Array.from({ length: 200 }, (_, i) => store().commit({ put: [row(`c/${i}`)], event: event(`c${i}`) })),
    );
    assert.equal(new Set(positions.map(({ position }) => position)).size, 200);
    assert.equal((await store().scan('key', 'c/', { limit: 1000 })).length, 200);
    assert.equal(await store().position(), '200');
  });
}

function scans(store: () => Store): void {
  it('scans a prefix in the order of bytes', async () => {
    const names = [
      'a',
      'a/',
      'a/1',
      'a/B',
      'a/b',
      'a/é',
      'a/\uffff',
      'a/😀',
      'a0',
      'b',
      'A/x',
      'a/\u{10ffff}z',
    ];
    await store().commit({ put: names.map((id) => row(id)) });
    const inOrder = names.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
    assert.deepEqual(ids(await store().scan('key', '', { limit: 100 })), inOrder);
    for (const prefix of ['a', 'a/', 'a/\u{10ffff}', 'a/\ud7ff', 'é', 'a/é', 'zzz', '\u{10ffff}']) {
      const expected = inOrder.filter((id) => id.startsWith(prefix));
      assert.deepEqual(ids(await store().scan('key', prefix, { limit: 100 })), expected, prefix);
      assert.equal(await store().count('key', prefix), expected.length, prefix);
    }
  });

  it('finds ids at both edges of a prefix whose last character has no simple successor', async () => {
    const names = ['p\ud7ff', 'p\ud7ffx', 'p\ue000', 'p\u{10ffff}', 'p\u{10ffff}\u{10ffff}', 'q'];
    await store().commit({ put: names.map((id) => row(id)) });
    const scan = async (prefix: string) => ids(await store().scan('key', prefix, { limit: 10 }));
    assert.deepEqual(await scan('p\ud7ff'), ['p\ud7ff', 'p\ud7ffx']);
    assert.deepEqual(await scan('p\u{10ffff}'), ['p\u{10ffff}', 'p\u{10ffff}\u{10ffff}']);
    assert.deepEqual(await scan('p'), names.slice(0, 5));
  });

  it('goes on after an id, whether or not it exists, without leaving the prefix', async () => {
    const names = ['k/1', 'k/10', 'k/2', 'k/3', 'l/1'];
    await store().commit({ put: names.map((id) => row(id)) });
    const after = async (prefix: string, id: string, limit: number) =>
      ids(await store().scan('key', prefix, { after: id, limit }));
    assert.deepEqual(await after('k/', 'k/1', 2), ['k/10', 'k/2']);
    assert.deepEqual(await after('k/', 'k/2', 9), ['k/3']);
    assert.deepEqual(await after('k/', 'k/15', 9), ['k/2', 'k/3']);
    assert.deepEqual(await after('k/', 'a', 9), names.slice(0, 4));
    assert.deepEqual(await after('k/', 'k/3', 9), []);
    assert.deepEqual(await after('k/', 'l/1', 9), []);
    assert.deepEqual(await after('', 'k/3', 9), ['l/1']);
  });

  it('keeps tables apart', async () => {
    await store().commit({ put: [row('x', 1, 'k', 'key'), row('x', 1, 'a', 'alias')] });
    assert.deepEqual(
      plain(await store().scan('alias', '', { limit: 9 })),
      plain([row('x', 1, 'a', 'alias')]),
    );
  });
}

function feed(store: () => Store, opened: () => OpenStore): void {
  it('tells changes in the order of commits, those of one commit together', async () => {
    assert.deepEqual(await store().changes('0', 10), []);
    const first = await store().commit({ put: [row('a'), row('b')] });
    await store().commit({ event: event('only an event') });
    const second = await store().commit({
      put: [row('a', 2)],
      delete: [{ table: 'key', id: 'b', version: 1 }],
    });
    const all = [
      { position: first.position, table: 'key', id: 'a', version: 1 },
      { position: first.position, table: 'key', id: 'b', version: 1 },
      { position: second.position, table: 'key', id: 'a', version: 2 },
      { position: second.position, table: 'key', id: 'b', version: 0 },
    ];
    const told = async (position: string, limit: number) =>
      (await store().changes(position, limit)).map((entry) => ({ ...entry }));
    assert.deepEqual(await told('0', 10), all);
    assert.deepEqual(await told('0', 1), all.slice(0, 2));
    assert.deepEqual(await told('0', 3), all);
    assert.deepEqual(await told(first.position, 10), all.slice(2));
    assert.deepEqual(await told(second.position, 10), []);
    assert.equal(await store().position(), second.position);
    assert.equal(BigInt(second.position) - BigInt(first.position), 2n);
  });

  it('gives each reader every change once, whatever commits beside it', async () => {
    const writing = Promise.all(
      Array.from({ length: 120 }, (_, i) => store().commit({ put: [row(`r/${i}`), row(`s/${i}`)] })),
    );
    const seen: string[] = [];
    for (let position = '0'; seen.length < 240; ) {
      const entries = await store().changes(position, 7);
      seen.push(...ids(entries));
      position = entries.at(-1)?.position ?? position;
    }
    await writing;
    assert.equal(new Set(seen).size, 240);
  });

  it('refuses a position that it never reached', async () => {
    await store().commit({ put: [row('a')] });
    await assert.rejects(store().changes('5', 10), isCode('pruned'));
  });

  it('goes on counting after it was opened again', async () => {
    await store().commit({ put: [row('a')] });
    const { position } = await store().commit({ put: [row('b')] });
    const again = await opened().reopen();
    assert.equal(await again.position(), position);
    const next = await again.commit({ put: [row('c')] });
    assert.equal(BigInt(next.position), BigInt(position) + 1n);
    assert.deepEqual(ids(await again.changes('0', 10)), ['a', 'b', 'c']);
  });
}

function outbox(store: () => Store, opened: () => OpenStore): void {
  it('holds events in the order of commits until they are dropped', async () => {
    for (const id of ['z', 'm', 'a']) await store().commit({ put: [row(id)], event: event(id) });
    const found = await store().outbox(10);
    assert.deepEqual(ids(found), ['z', 'm', 'a']);
    assert.equal(Buffer.from(found[1]?.envelope ?? []).toString(), 'envelope m');
    assert.equal(Buffer.from(found[1]?.body ?? []).toString(), 'body m');
    assert.equal(Buffer.from(found[1]?.mac ?? []).toString(), 'mac m');
    assert.deepEqual(ids(await store().outbox(2)), ['z', 'm']);
    await store().dropOutbox(['m', 'never there']);
    assert.deepEqual(ids(await store().outbox(10)), ['z', 'a']);
    const again = await opened().reopen();
    assert.deepEqual(ids(await again.outbox(10)), ['z', 'a']);
    await again.dropOutbox([]);
  });

  it('takes the same event once', async () => {
    await store().commit({ put: [row('a')], event: event('e') });
    const second = store().commit({ put: [row('b')], event: event('e') });
    const beside = store().commit({ put: [row('c')], event: event('f') });
    await assert.rejects(second, isCode('conflict'));
    await beside;
    assert.equal(await store().get('key', 'b'), undefined);
    assert.deepEqual(ids(await store().outbox(10)), ['e', 'f']);
  });
}

function sizes(store: () => Store): void {
  it('holds rows of 200 KB', async () => {
    const content = randomBytes(200 * 1024);
    await store().commit({ put: [{ ...row('big'), content }], event: { ...event('big'), body: content } });
    assert.deepEqual(Buffer.from((await store().get('key', 'big'))?.content ?? []), content);
    assert.deepEqual(Buffer.from((await store().outbox(1))[0]?.body ?? []), content);
  });

  it('pages through many rows', async () => {
    const count = 3000;
    const name = (i: number) => `many/${String(i).padStart(6, '0')}`;
    await store().commit({ put: Array.from({ length: count }, (_, i) => row(name(i))) });
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await store().scan('key', 'many/', { limit: 700, ...(after !== undefined && { after }) });
      seen.push(...ids(page));
      if (page.length < 700) break;
      after = page.at(-1)?.id;
    }
    assert.equal(seen.length, count);
    assert.deepEqual(seen, seen.toSorted());
  });
}

function lifetime(store: () => Store, opened: () => OpenStore): void {
  it('has everything after it was closed and opened', async () => {
    await store().commit({ put: [row('a'), row('b')], event: event('e') });
    const again = await opened().reopen();
    assert.deepEqual(plain(await again.scan('key', '', { limit: 9 })), plain([row('a'), row('b')]));
  });

  it('says how far deleting has come', async () => {
    await store().commit({ put: [row('a', 1, 'secret')] });
    await store().commit({ delete: [{ table: 'key', id: 'a', version: 1 }] });
    assert.match(await store().erase(), /^(erased|pending)$/);
  });

  it('copies itself while it is in use', async () => {
    await store().commit({
      put: Array.from({ length: 500 }, (_, i) => row(`old/${i}`, 1, 'x'.repeat(500))),
      event: event('e'),
    });
    const steps: [number, number][] = [];
    const copying = store().backup(opened().backupPath, (done, total) => steps.push([done, total]));
    const beside = Array.from({ length: 50 }, (_, i) =>
      store().commit({ put: [row(`new/${i}`), row(`twin/${i}`)] }),
    );
    await Promise.all([copying, ...beside]);
    for (const [done, total] of steps) assert(done <= total);
    const copy = await opened().openBackup(opened().backupPath);
    try {
      assert.equal((await copy.scan('key', 'old/', { limit: 1000 })).length, 500);
      assert.deepEqual(ids(await copy.outbox(9)), ['e']);
      const news = await copy.scan('key', 'new/', { limit: 99 });
      const twins = await copy.scan('key', 'twin/', { limit: 99 });
      assert.deepEqual(
        ids(news).map((id) => id.slice(4)),
        ids(twins).map((id) => id.slice(5)),
      );
      await copy.commit({ put: [row('into the copy')] });
    } finally {
      await copy.close();
    }
    await assert.rejects(store().backup(opened().backupPath), isCode('unavailable'));
  });

  it('leaves out of a copy what is in no copy', async () => {
    await store().commit({ put: [row('kept'), row('left out', 1, 'secret', 'import-key')] });
    await store().backup(opened().backupPath);
    const copy = await opened().openBackup(opened().backupPath);
    try {
      assert.deepEqual(ids(await copy.scan('import-key', '', { limit: 9 })), []);
      assert.deepEqual(ids(await copy.scan('key', '', { limit: 9 })), ['kept']);
    } finally {
      await copy.close();
    }
    assert.deepEqual(ids(await store().scan('import-key', '', { limit: 9 })), ['left out']);
  });

  it('refuses calls after it was closed', async () => {
    await store().close();
    await store().close();
    await assert.rejects(store().get('key', 'a'), isCode('unavailable'));
    await assert.rejects(store().commit({ put: [row('a')] }), isCode('unavailable'));
    await assert.rejects(store().position(), isCode('unavailable'));
  });
}
