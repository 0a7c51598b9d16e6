import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { EventFacts } from '../../src/audit/contract.ts';
import { checkCounters } from '../../src/audit/counter-check.ts';
import { readDerived, scanDerived } from '../../src/audit/derived-rows.ts';
import { parseEnvelope } from '../../src/audit/entry.ts';
import { type Audit, type LeftUndone, openAudit } from '../../src/audit/open-audit.ts';
import type { Store } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { ACCOUNT, collect, facts, keyArn, material, NODE, temporaryFolder } from './sample.ts';

const home = { account: '000000000000', region: 'us-east-1' };
const START = Date.UTC(2026, 10, 24);

interface Server extends Audit, LeftUndone {
  readonly store: Store;
  append(changes: Partial<EventFacts>): Promise<EventFacts>;
  /** Ends without writing anything more, as a kill does. */
  abandon(): Promise<void>;
}

async function serve(t: TestContext, folder: string, parts = 'as they are'): Promise<Server> {
  const store = await openSqliteStore(join(folder, 'store.db'));
  if (parts === 'without rows') await forget(store);
  const clock = { now: () => START };
  const audit = await openAudit({ folder: join(folder, 'journal'), store, node: NODE, home, clock });
  const left = await audit.begin({ verify: async (rows) => rows.map(() => true) });
  const abandon = async () => {
    await audit.journal.close();
    await store.close();
  };
  t.after(abandon);
  return {
    ...audit,
    ...left,
    store,
    abandon,
    async append(changes) {
      const given = facts(changes);
      await audit.journal.append(audit.encodeEvent(given));
      return given;
    },
    async close() {
      await audit.close();
      await store.close();
    },
  };
}

async function forget(store: Store): Promise<void> {
  for (const { id, version } of await store.scan('last-usage', '', { limit: 1000 })) {
    await store.commit({ delete: [{ table: 'last-usage', id, version }] });
  }
}

const use = (session: string, number: number, counter: number) => ({
  keyArn: keyArn(number),
  materialId: material(number),
  session,
  counter,
});

describe('the last usage of a key', () => {
  it('is its last successful cryptographic operation', async (t) => {
    const server = await serve(t, await temporaryFolder(t));
    const get = server.lastUsage.get;
    assert.equal(await get(keyArn(1)), undefined);
    const uses = [use('s', 1, 1)];
    const first = await server.append({ name: 'Encrypt', uses, time: START + 1 });
    await server.append({ name: 'Decrypt', uses, errorCode: 'KMSInternalException', time: START + 2 });
    await server.append({ name: 'DescribeKey', uses: [], resources: [keyArn(1)], time: START + 3 });
    const expected = { operation: 'Encrypt', time: START + 1, eventId: first.id, requestId: first.requestId };
    assert.deepEqual(await get(keyArn(1)), expected);
    assert.equal(await get(keyArn(2)), undefined);
    assert.equal(await get('no ARN'), undefined);
  });

  it('counts ReEncrypt for both keys', async (t) => {
    const server = await serve(t, await temporaryFolder(t));
    const { id } = await server.append({ name: 'ReEncrypt', uses: [use('s', 1, 1), use('s', 2, 1)] });
    for (const number of [1, 2]) {
      const usage = await server.lastUsage.get(keyArn(number));
      assert.deepEqual([usage?.operation, usage?.eventId], ['ReEncrypt', id]);
    }
  });

  for (const parts of ['as they are', 'without rows']) {
    for (const end of ['close', 'abandon'] as const) {
      it(`is known after the server was started again (rows ${parts}, after ${end})`, async (t) => {
        const folder = await temporaryFolder(t);
        const before = await serve(t, folder);
        const a = await before.append({ name: 'Encrypt', uses: [use('s', 1, 1)], time: START + 1 });
        await before[end]();
        const between = await serve(t, folder);
        const b = await between.append({ name: 'Decrypt', uses: [use('s', 2, 1)], time: START + 2 });
        await between.close();
        const after = await serve(t, folder, parts);
        assert.equal((await after.lastUsage.get(keyArn(1)))?.eventId, a.id);
        assert.equal((await after.lastUsage.get(keyArn(2)))?.eventId, b.id);
        assert.equal(after.lastUsage.trackingStart, parts === 'as they are' ? START : START + 1);
        const c = await after.append({ name: 'Encrypt', uses: [use('s', 1, 2)], time: START + 3 });
        assert.equal((await after.lastUsage.get(keyArn(1)))?.eventId, c.id);
      });
    }
  }
});

describe('key counters', () => {
  it('without a gap are found to be so', async (t) => {
    const server = await serve(t, await temporaryFolder(t));
    await server.sessions.opened('s1', 'fast');
    // Appended a little out of order, as concurrent calls are.
    for (const n of [2, 1, 4, 3]) await server.append({ uses: [use('s1', 1, n)] });
    await server.append({ name: 'ReEncrypt', uses: [use('s1', 1, 5), use('s1', 2, 1)] });
    await server.sessions.ended('s1');
    const report = await checkCounters(server.journal.read(0));
    assert.deepEqual(report, {
      uses: 6,
      sessions: 1,
      gaps: [],
      repeated: [],
      late: [],
      unopened: [],
      open: [],
    });
  });

  it('with a gap say which numbers are missing', async (t) => {
    const server = await serve(t, await temporaryFolder(t));
    await server.sessions.opened('s1', 'fast');
    for (const n of [2, 3, 6, 6]) await server.append({ uses: [use('s1', 1, n)] });
    await server.sessions.ended('s1');
    await server.append({ uses: [use('s1', 1, 7)] });
    await server.append({ uses: [use('s2', 3, 40)] });
    const gap = { session: 's1', materialId: material(1) };
    assert.deepEqual(await checkCounters(server.journal.read(0)), {
      uses: 6,
      sessions: 2,
      gaps: [
        { ...gap, from: 1, to: 1 },
        { ...gap, from: 4, to: 5 },
      ],
      repeated: [{ ...gap, n: 6 }],
      late: [{ ...gap, n: 7 }],
      unopened: ['s2'],
      open: ['s2'],
    });
  });

  it('that were closed further on than the journal goes have a gap at the end', async (t) => {
    const server = await serve(t, await temporaryFolder(t));
    await server.sessions.opened('s1', 'fast');
    for (const n of [1, 2, 3]) await server.append({ uses: [use('s1', 1, n)] });
    await server.sessions.ended('s1');
    const entries = await collect(server.journal.read(0));
    const without = entries.filter((entry) => parseEnvelope(entry).uses[0]?.n !== 3);
    async function* cut() {
      yield* without;
    }
    const { gaps } = await checkCounters(cut());
    assert.deepEqual(gaps, [{ session: 's1', materialId: material(1), from: 3, to: 3 }]);
  });

  for (const parts of ['as they are', 'without rows']) {
    it(`left open by a killed server are closed at the next start (rows ${parts})`, async (t) => {
      const folder = await temporaryFolder(t);
      const first = await serve(t, folder);
      await first.sessions.opened('old', 'fast');
      await first.append({ uses: [use('old', 1, 1)] });
      await first.close();
      // What was left open by a clean end is closed as well: its engine is gone.
      const second = await serve(t, folder);
      assert.deepEqual(second.leftOpen, ['old']);
      await second.sessions.opened('s1', 'fast');
      await second.sessions.opened('s2', 'slow');
      for (const n of [1, 2, 3]) await second.append({ uses: [use('s1', 1, n), use('s2', 2, n)] });
      await second.abandon();
      const third = await serve(t, folder, parts);
      assert.deepEqual(third.leftOpen, ['s1', 's2']);
      const report = await checkCounters(third.journal.read(0));
      assert.deepEqual([report.gaps, report.late, report.open, report.unopened], [[], [], [], []]);
      await third.close();
      const fourth = await serve(t, folder);
      assert.deepEqual(fourth.leftOpen, []);
      const rows = await collect(scanDerived(fourth.store, 'counter/'));
      assert.deepEqual(rows, []);
    });
  }

  it('keep their last number in rows while they are open', async (t) => {
    const folder = await temporaryFolder(t);
    const first = await serve(t, folder);
    await first.sessions.opened('s1', 'fast');
    for (const n of [1, 2]) await first.append({ uses: [use('s1', 1, n), use('s1', 2, n)] });
    await first.close();
    const store = await openSqliteStore(join(folder, 'store.db'));
    const rows = await collect(scanDerived(store, `counter/${NODE}/s1/`));
    await store.close();
    assert.deepEqual(
      rows.map(({ value }) => value.last),
      [2, 2],
    );
    const second = await serve(t, folder);
    const report = await checkCounters(second.journal.read(0));
    assert.deepEqual([report.gaps, report.late, report.open], [[], [], []]);
    const closings = (await collect(second.journal.read(0))).slice(-2).map(parseEnvelope);
    assert.deepEqual(
      closings.map(({ name, account }) => [name, account]),
      [
        ['CounterSessionClosed', ACCOUNT],
        ['CounterSessionClosed', home.account],
      ],
    );
  });

  it('that end as the server stops are closed in its journal and in its rows', async (t) => {
    const folder = await temporaryFolder(t);
    const first = await serve(t, folder);
    await first.sessions.opened('s1', 'fast');
    await first.append({ uses: [use('s1', 1, 1)] });
    const ended = first.sessions.ended('s1');
    await first.close();
    await ended;
    const store = await openSqliteStore(join(folder, 'store.db'));
    const position = await readDerived(store, `position/${NODE}`);
    await store.close();
    assert.deepEqual([position?.index, position?.open], [4, []]);
    const second = await serve(t, folder);
    assert.deepEqual([second.journal.size, second.leftOpen], [4, []]);
  });

  it('are closed after the uses whose answers came just before the end', async (t) => {
    const server = await serve(t, await temporaryFolder(t));
    await server.sessions.opened('s1', 'fast');
    const written = server.append({ uses: [use('s1', 1, 1)] });
    // The next use is appended by what waits for its answer, one batch later.
    await new Promise(setImmediate);
    const ended = server.sessions.ended('s1');
    const last = Promise.resolve().then(() => server.append({ uses: [use('s1', 1, 2)] }));
    await Promise.all([written, last, ended]);
    const report = await checkCounters(server.journal.read(0));
    assert.deepEqual([report.uses, report.gaps, report.late, report.open], [2, [], [], []]);
  });

  it('of many keys are closed in events that fit', async (t) => {
    const server = await serve(t, await temporaryFolder(t));
    await server.sessions.opened('s1', 'fast');
    const numbers = Array.from({ length: 700 }, (_, number) => number);
    await Promise.all(numbers.map((number) => server.append({ uses: [use('s1', number, 1)] })));
    await server.sessions.ended('s1');
    const report = await checkCounters(server.journal.read(0));
    assert.deepEqual([report.uses, report.gaps, report.open], [700, [], []]);
    const closings = (await collect(server.journal.read(701))).map(parseEnvelope);
    assert.equal(closings.length, 4);
  });
});

it('a journal that is shorter than the database remembers says so itself', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await serve(t, folder);
  for (let n = 1; n <= 5; n += 1) await first.append({ uses: [use('s', 1, n)] });
  await first.close();
  await rm(join(folder, 'journal'), { recursive: true });
  const second = await serve(t, folder);
  const [entry] = await collect(second.journal.read(0));
  assert(entry);
  assert.equal(parseEnvelope(entry).name, 'JournalCutShort');
  await second.close();
  const third = await serve(t, folder);
  assert.equal(third.journal.size, 1);
});
