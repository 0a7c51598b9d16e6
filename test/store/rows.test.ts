import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Row, Store, Table } from '../../src/store/contract.ts';
import { openRows } from '../../src/store/rows.ts';
import { type FrontRows, RowError } from '../../src/store/rows-contract.ts';
import { HmacAuthenticator } from './hmac-authenticator.ts';
import { isCode } from './suite.ts';
import { temporaryStore } from './temporary.ts';

interface Value {
  readonly name: string;
  readonly nested?: { readonly list: readonly number[] };
}
const put = (id: string, version: number, name: string, table: Table = 'key') => ({
  table,
  id,
  version,
  value: { name },
});

/** The store with reads that can be held back, and counted. */
class HeldReads {
  readonly store: Store;
  reads = 0;
  answered = 0;
  /** Each read waits for this after the store has answered it. */
  gate: Promise<void> = Promise.resolve();

  constructor(store: Store) {
    this.store = {
      get: async (table, id) => {
        this.reads += 1;
        const found = await store.get(table, id);
        this.answered += 1;
        await this.gate;
        return found;
      },
      scan: (table, prefix, options) => store.scan(table, prefix, options),
      count: (table, prefix) => store.count(table, prefix),
      commit: (change) => store.commit(change),
      changes: (position, limit) => store.changes(position, limit),
      position: () => store.position(),
      outbox: (limit) => store.outbox(limit),
      dropOutbox: (ids) => store.dropOutbox(ids),
      erase: () => store.erase(),
      backup: (path, progress) => store.backup(path, progress),
      close: () => store.close(),
    };
  }

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gate = promise;
    return resolve;
  }

  async until(answered: number): Promise<void> {
    while (this.answered < answered) await new Promise(setImmediate);
  }
}

describe('authenticated rows', () => {
  let opened: Awaited<ReturnType<typeof temporaryStore>>;
  let authenticator: HmacAuthenticator;
  let held: HeldReads;
  let rows: FrontRows;
  beforeEach(async () => {
    opened = await temporaryStore({ keepChanges: 50 });
    authenticator = new HmacAuthenticator();
    held = new HeldReads(opened.store);
    rows = await openRows(held.store, authenticator);
  });
  afterEach(() => opened.destroy());

  const another = () => openRows(opened.store, authenticator);
  const stored = async (id: string, table: Table = 'key') => (await opened.store.get(table, id)) as Row;
  const name = async (id: string, from = rows) => (await from.get<Value>('key', id))?.value.name;

  it('stores canonical JSON, and answers from the cache what was committed', async () => {
    const value = { z: 1, a: 'ü', nested: { list: [2, 1], gone: undefined } };
    await rows.commit({ put: [{ table: 'key', id: 'a', version: 1, value }] });
    const { content } = await stored('a');
    assert.equal(Buffer.from(content).toString(), '{"a":"ü","nested":{"list":[2,1]},"z":1}');
    const cached = rows.peek<typeof value>('key', 'a');
    assert.equal(cached?.version, 1);
    assert.deepEqual(cached?.value, JSON.parse(Buffer.from(content).toString()));
    assert(cached && Object.isFrozen(cached) && Object.isFrozen(cached.value.nested.list));
    value.nested.list.push(3);
    assert.equal(rows.peek<typeof value>('key', 'a')?.value.nested.list.length, 2);
    assert.equal(held.reads, 0);
  });

  it('refuses values that JSON cannot hold', async () => {
    for (const value of [{ a: Number.NaN }, { a: 1n }, { a: new Map() }, { a: Buffer.of(1) }])
      await assert.rejects(rows.commit({ put: [{ table: 'key', id: 'a', version: 1, value }] }), TypeError);
    assert.equal(await stored('a'), undefined);
  });

  it('reads a row once for all who ask, and checks it once', async () => {
    await (await another()).commit({ put: [put('a', 1, 'one')] });
    assert.equal(rows.peek('key', 'a'), undefined);
    const found = await Promise.all(Array.from({ length: 10 }, () => name('a')));
    assert.deepEqual(new Set(found), new Set(['one']));
    assert.equal(held.reads, 1);
    assert.equal(authenticator.verified, 1);
    assert.equal(rows.peek<Value>('key', 'a')?.value.name, 'one');
    assert.equal(await rows.get('key', 'absent'), undefined);
  });

  it('refuses a row that was edited, moved or brought from another store', async () => {
    await rows.commit({ put: [put('a', 1, 'one'), put('b', 1, 'two')] });
    const row = await stored('a');
    const forged: readonly Row[] = [
      { ...row, version: 2, content: Buffer.from('{"name":"forged"}') },
      { ...row, version: 3 },
      { ...row, version: 4, mac: new Uint8Array(0) },
    ];
    for (const each of forged) await opened.store.commit({ put: [each] });
    await opened.store.commit({ put: [{ ...row, id: 'c' }] });
    await opened.store.commit({ put: [{ ...row, table: 'alias' }] });
    const fresh = await another();
    const refusal = (id: string) => (error: unknown) =>
      error instanceof RowError && error.message.includes(`row key ${id} `) && !error.message.includes('one');
    await assert.rejects(fresh.get('key', 'a'), refusal('a'));
    await assert.rejects(fresh.get('key', 'c'), refusal('c'));
    await assert.rejects(fresh.get('alias', 'a'), RowError);
    await assert.rejects(fresh.scan('key', '', { limit: 10 }), {
      name: 'RowError',
      message: /^row key a is not authentic.*Neither are: key c$/,
    });
    assert.equal(await name('b', fresh), 'two');
    const foreign = await openRows(opened.store, new HmacAuthenticator());
    await assert.rejects(foreign.get('key', 'b'), RowError);
  });

  it('scans rows it has not cached after checking them, without filling the cache', async () => {
    await (await another()).commit({ put: [put('p/1', 1, 'one'), put('p/2', 1, 'two'), put('q', 1, 'no')] });
    await rows.get('key', 'p/1');
    const found = await rows.scan<Value>('key', 'p/', { limit: 10 });
    assert.deepEqual(
      found.map(({ id, version, value }) => [id, version, value.name]),
      [
        ['p/1', 1, 'one'],
        ['p/2', 1, 'two'],
      ],
    );
    assert.equal(authenticator.verified, 2);
    assert.equal(rows.peek('key', 'p/2'), undefined);
  });

  it('keeps the domain out', async () => {
    await assert.rejects(rows.get('domain', 'state'), RangeError);
    assert.throws(() => rows.peek('domain', 'state'), RangeError);
    await assert.rejects(rows.commit({ put: [put('state', 1, 'x', 'domain')] }), RangeError);
  });

  it('forgets what is deleted, and what a conflict shows to be old', async () => {
    const other = await another();
    await rows.commit({ put: [put('a', 1, 'one'), put('b', 1, 'bee')] });
    await other.commit({ put: [put('a', 2, 'two')] });
    assert.equal(rows.peek<Value>('key', 'a')?.value.name, 'one');
    await assert.rejects(rows.commit({ put: [put('a', 2, 'mine')] }), isCode('conflict'));
    assert.equal(await name('a'), 'two');
    await other.commit({ put: [put('a', 3, 'three')] });
    const expect = [{ table: 'key', id: 'a', version: 2 }] as const;
    await assert.rejects(rows.commit({ expect, put: [put('c', 1, 'c')] }), isCode('conflict'));
    assert.equal(await name('a'), 'three');
    await rows.commit({ delete: [{ table: 'key', id: 'b', version: 1 }] });
    assert.equal(rows.peek('key', 'b'), undefined);
    assert.equal(await rows.get('key', 'b'), undefined);
  });

  it('never keeps a version that a load brought after a commit', async () => {
    const other = await another();
    await other.commit({ put: [put('a', 1, 'one'), put('b', 1, 'bee')] });
    const release = held.hold();
    const early = [name('a'), name('b')];
    await held.until(2);
    await rows.commit({
      put: [put('a', 2, 'two')],
      delete: [{ table: 'key', id: 'b', version: 1 }],
    });
    const late = [name('a'), name('b')];
    release();
    assert.deepEqual(await Promise.all(early), ['one', 'bee']);
    assert.deepEqual(await Promise.all(late), ['two', undefined]);
    assert.equal(rows.peek<Value>('key', 'a')?.value.name, 'two');
    assert.equal(rows.peek('key', 'b'), undefined);
  });

  it('never keeps a version that a load brought after the change feed told of a later one', async () => {
    const other = await another();
    await other.commit({ put: [put('a', 1, 'one')] });
    await rows.refresh();
    const release = held.hold();
    const early = name('a');
    await held.until(1);
    await other.commit({ put: [put('a', 2, 'two')] });
    await rows.refresh();
    release();
    assert.equal(await early, 'one');
    assert.equal(await name('a'), 'two');
  });

  it('follows what other fronts commit', async () => {
    const other = await another();
    await rows.commit({ put: [put('a', 1, 'one'), put('b', 1, 'bee'), put('c', 1, 'sea')] });
    await other.commit({ put: [put('a', 2, 'two')], delete: [{ table: 'key', id: 'b', version: 1 }] });
    const position = await rows.refresh();
    assert.equal(position, await opened.store.position());
    assert.equal(rows.peek('key', 'a'), undefined);
    assert.equal(rows.peek('key', 'b'), undefined);
    assert.equal(rows.peek<Value>('key', 'c')?.value.name, 'sea');
    assert.equal(await name('a'), 'two');
    const event = { id: 'e', envelope: Buffer.of(1), body: Buffer.of(2) };
    await other.commit({ event });
    assert.equal(await rows.refresh(), await opened.store.position());
  });

  it('forgets everything when the feed no longer reaches back', async () => {
    const other = await another();
    await rows.commit({ put: [put('a', 1, 'one')] });
    await other.commit({ put: [put('a', 2, 'two')] });
    for (let i = 0; i < 3; i += 1)
      await Promise.all(
        Array.from({ length: 500 }, (_, n) => other.commit({ put: [put(`fill/${i}/${n}`, 1, 'x')] })),
      );
    await assert.rejects(opened.store.changes('1', 1), isCode('pruned'));
    await rows.refresh();
    assert.equal(rows.peek('key', 'a'), undefined);
    assert.equal(await name('a'), 'two');
    assert.equal(await rows.refresh(), await opened.store.position());
  });

  it('follows by itself until it is told to stop', async () => {
    const other = await another();
    await rows.commit({ put: [put('a', 1, 'one')] });
    const stop = rows.followChanges(1, (error) => assert.ifError(error));
    await other.commit({ put: [put('a', 2, 'two')] });
    while (rows.peek('key', 'a')) await new Promise(setImmediate);
    stop();
    assert.equal(await name('a'), 'two');
  });

  it('holds no more rows than it may', async () => {
    const small = await openRows(opened.store, authenticator, { cacheRows: 10 });
    for (let i = 0; i < 30; i += 1) await small.commit({ put: [put(`k/${i}`, 1, `${i}`)] });
    const count = () =>
      Array.from({ length: 30 }, (_, i) => small.peek('key', `k/${i}`)).filter(Boolean).length;
    assert(count() <= 10 && count() >= 5);
    assert.equal(small.peek<Value>('key', 'k/29')?.value.name, '29');
    assert.equal(await name('k/0', small), '0');
  });

  it('holds no more bytes than it may', async () => {
    const small = await openRows(opened.store, authenticator, { cacheBytes: 10_000 });
    const text = 'x'.repeat(900);
    for (let i = 0; i < 30; i += 1) await small.commit({ put: [put(`k/${i}`, 1, text)] });
    const count = () =>
      Array.from({ length: 30 }, (_, i) => small.peek('key', `k/${i}`)).filter(Boolean).length;
    assert(count() <= 10 && count() >= 5, `${count()} rows are held`);
    assert.equal(await name('k/0', small), text);
  });

  it('shows every front what was committed, whatever order reads and commits come in', async () => {
    const fronts = [rows, await another(), await another()];
    await rows.commit({ put: [put('n', 1, '0')] });
    let committed = 0;
    const work = async (front: FrontRows) => {
      for (let done = 0; done < 25; ) {
        const found = await front.get<Value>('key', 'n');
        assert(found);
        const next = Number(found.value.name) + 1;
        try {
          await front.commit({ put: [put('n', found.version + 1, String(next))] });
          done += 1;
          committed += 1;
          const cached = front.peek<Value>('key', 'n');
          assert(!cached || Number(cached.value.name) >= next);
        } catch (error) {
          if (!isCode('conflict')(error)) throw error;
        }
      }
    };
    await Promise.all([...fronts, ...fronts].map(work));
    for (const front of fronts) {
      await front.refresh();
      assert.equal(await name('n', front), String(committed));
    }
  });
});
