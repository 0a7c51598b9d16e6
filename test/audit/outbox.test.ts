import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { type EncodedEvent, JournalError } from '../../src/audit/contract.ts';
import { readDerived } from '../../src/audit/derived-rows.ts';
import { type FileJournal, openJournal } from '../../src/audit/journal.ts';
import { Outbox, replayOutbox } from '../../src/audit/outbox.ts';
import type { Store } from '../../src/store/contract.ts';
import { outboxRow } from '../../src/store/outbox-row.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { HmacAuthenticator } from '../store/hmac-authenticator.ts';
import { rounds } from '../support/random.ts';
import { collect, event, NODE, temporaryFolder } from './sample.ts';

interface Setting {
  readonly journal: FileJournal;
  readonly store: Store;
  readonly node: string;
  readonly authenticator: HmacAuthenticator;
}

const authenticator = new HmacAuthenticator('commit-loop');

async function open(t: TestContext, folder?: string): Promise<Setting> {
  const place = folder ?? (await temporaryFolder(t));
  const store = await openSqliteStore(join(place, 'store.db'));
  const journal = await openJournal(join(place, 'journal'), { node: NODE });
  t.after(async () => {
    await journal.close();
    await store.close();
  });
  return { journal, store, node: NODE, authenticator };
}

let rowNumber = 0;
async function commit(store: Store, committed: EncodedEvent = event()): Promise<EncodedEvent> {
  rowNumber += 1;
  const id = `row-${process.pid}-${rowNumber}`;
  const row = { table: 'setting', id, version: 1, content: Buffer.from('{}'), mac: Buffer.alloc(0) } as const;
  await store.commit({ put: [row], event: await outboxRow(committed, authenticator) });
  return committed;
}

const idsIn = async (journal: FileJournal) => (await collect(journal.read(0))).map(({ id }) => id);
const idsOut = async (store: Store) => (await store.outbox(10_000)).map(({ id }) => id);

describe('replaying the outbox', () => {
  it('appends what the journal lacks, drops what it holds, and keeps each event once', async (t) => {
    const setting = await open(t);
    const { journal, store } = setting;
    const committed = [await commit(store), await commit(store), await commit(store), await commit(store)];
    await journal.append(committed[0] as EncodedEvent);
    await journal.append(event());
    await journal.append(committed[2] as EncodedEvent);
    assert.deepEqual(await replayOutbox(setting), { appended: 2, dropped: 2 });
    assert.deepEqual(await idsOut(store), []);
    const found = await idsIn(journal);
    assert.equal(found.length, 5);
    for (const { id } of committed) assert.equal(found.filter((each) => each === id).length, 1);
    assert.deepEqual(await replayOutbox(setting), { appended: 0, dropped: 0 });
  });

  it('gives the journal the very bytes that were committed', async (t) => {
    const setting = await open(t);
    const committed = await commit(setting.store);
    await replayOutbox(setting);
    const [entry] = await collect(setting.journal.read(0));
    assert(Buffer.from(entry?.envelope ?? []).equals(committed.envelope));
    assert(Buffer.from(entry?.body ?? []).equals(committed.body));
  });

  it('refuses a row that was altered in the database', async (t) => {
    const setting = await open(t);
    const { id, envelope, body } = event();
    await commit(setting.store, { id, envelope, body: Buffer.concat([body, Buffer.from(' ')]) });
    await assert.rejects(replayOutbox(setting), { name: 'RowError', message: new RegExp(id) });
    assert.equal(setting.journal.size, 0);
    assert.deepEqual(await idsOut(setting.store), [id]);
  });

  it('refuses a row that Lockholm did not write: its event never happened', async (t) => {
    const setting = await open(t);
    const forged = event();
    const { mac } = await outboxRow(event(), authenticator);
    for (const bytes of [Buffer.alloc(0), mac]) {
      await setting.store.commit({ event: { ...forged, mac: bytes } });
      const message = new RegExp(`outbox ${forged.id} is not authentic.*backup`);
      await assert.rejects(replayOutbox(setting), { name: 'RowError', message });
      assert.deepEqual([setting.journal.size, await idsOut(setting.store)], [0, [forged.id]]);
      await setting.store.dropOutbox([forged.id]);
    }
  });

  it('leaves the rows of other nodes alone', async (t) => {
    const setting = await open(t);
    const { id } = await commit(setting.store);
    await replayOutbox({ ...setting, node: 'node-2' }).catch(() => assert.fail('another node was refused'));
    assert.deepEqual([setting.journal.size, await idsOut(setting.store)], [0, [id]]);
  });
});

describe('the outbox of a running server', () => {
  async function running(t: TestContext) {
    const setting = await open(t);
    await replayOutbox(setting);
    const reports: Error[] = [];
    const outbox = new Outbox({ ...setting, report: (error) => reports.push(error) });
    t.after(() => outbox.close());
    return { ...setting, outbox, reports };
  }

  it('drops journalled rows by itself, and all of them when it closes', async (t) => {
    const { journal, store, outbox } = await running(t);
    const first = await commit(store);
    await journal.append(first);
    outbox.journalled(first.id);
    while ((await idsOut(store)).length > 0) await new Promise((done) => setTimeout(done, 20));
    const second = await commit(store);
    await journal.append(second);
    outbox.journalled(second.id);
    await outbox.close();
    assert.deepEqual(await idsOut(store), []);
  });

  it('appends what a refused append left behind, and drops what nobody spoke of, two sweeps later', async (t) => {
    const { journal, store, outbox, reports } = await running(t);
    const refused = await commit(store);
    const unspoken = await commit(store);
    await journal.append(unspoken);
    await outbox.sweep();
    assert.deepEqual((await idsOut(store)).length, 2);
    await outbox.sweep();
    assert.deepEqual(await idsOut(store), []);
    assert.deepEqual((await idsIn(journal)).sort(), [refused.id, unspoken.id].sort());
    assert.deepEqual(reports, []);
  });

  it('journals nothing that somebody else put there, and says so', async (t) => {
    const { store, journal, outbox, reports } = await running(t);
    const forged = event();
    await store.commit({ event: { ...forged, mac: Buffer.alloc(33) } });
    for (let sweep = 0; sweep < 3; sweep += 1) await outbox.sweep();
    assert.equal(journal.size, 0);
    assert.match(String(reports[0]), new RegExp(`${forged.id} is not authentic`));
  });

  it('waits when the journal cannot be written', async (t) => {
    const { journal, store } = await running(t);
    const reports: Error[] = [];
    let full = true;
    const failing = {
      append: (next: EncodedEvent) =>
        full ? Promise.reject(new JournalError('full', 'no space')) : journal.append(next),
      read: (index: number) => journal.read(index),
      settled: () => journal.settled(),
      get size() {
        return journal.size;
      },
    };
    const outbox = new Outbox({
      store,
      authenticator,
      journal: failing,
      node: NODE,
      report: (error) => reports.push(error),
    });
    t.after(() => outbox.close());
    const { id } = await commit(store);
    await outbox.sweep();
    await outbox.sweep();
    assert.match(String(reports[0]), /no space/);
    assert.deepEqual(await idsOut(store), [id]);
    full = false;
    await outbox.sweep();
    assert.deepEqual([await idsOut(store), await idsIn(journal)], [[], [id]]);
  });

  it('keeps a watermark that is never behind an event whose row is left', async (t) => {
    const { journal, store, outbox } = await running(t);
    const fill = () => Promise.all(Array.from({ length: 21_000 }, () => journal.append(event())));
    const watermark = async () => (await readDerived(store, `outbox/${NODE}`))?.index ?? 0;
    await fill();
    const late = await commit(store);
    await outbox.sweep();
    assert.equal(
      await watermark(),
      0,
      'a row that was just committed holds it where the outbox was last empty',
    );
    await journal.append(late);
    outbox.journalled(late.id);
    await outbox.sweep();
    assert.equal(await watermark(), 21_001);
    const [held, next] = [await commit(store), await commit(store)];
    await journal.append(held);
    await fill();
    assert.deepEqual(await replayOutbox({ journal, store, node: NODE, authenticator }), {
      appended: 1,
      dropped: 1,
    });
    assert.equal((await idsIn(journal)).filter((id) => id === held.id || id === next.id).length, 2);
  });
});

it('a server killed between commit, append and drop journals every effect, and no event twice', async (t) => {
  const folder = await temporaryFolder(t);
  const acknowledged: string[] = [];
  for (let round = 0; round < rounds(6); round += 1) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'children', 'commit-loop.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const enough = acknowledged.length + 10 + ((round * 17) % 60);
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.length === 36) acknowledged.push(line);
      if (acknowledged.length >= enough) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    assert.equal(child.signalCode, 'SIGKILL');
  }
  const setting = await open(t, folder);
  await replayOutbox(setting);
  const found = await idsIn(setting.journal);
  const effects = (await setting.store.scan('setting', 'effect/', { limit: 100_000 })).map(({ id }) =>
    id.slice(7),
  );
  assert.equal(new Set(found).size, found.length);
  const held = new Set(found);
  assert.deepEqual(
    effects.filter((id) => !held.has(id)),
    [],
  );
  assert.equal(found.length, effects.length);
  assert.deepEqual(
    acknowledged.filter((id) => !held.has(id)),
    [],
  );
  assert.deepEqual(await idsOut(setting.store), []);
});
