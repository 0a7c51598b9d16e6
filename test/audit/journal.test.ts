import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { EncodedEvent, JournalEntry } from '../../src/audit/contract.ts';
import { type JournalOptions, openJournal } from '../../src/audit/journal.ts';
import { DAY_MS } from '../../src/core/clock.ts';
import { collect, event, NODE, temporaryFolder } from './sample.ts';

const open = (folder: string, options: Partial<JournalOptions> = {}) =>
  openJournal(folder, { node: NODE, ...options });
const ids = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id);
const events = (count: number) => Array.from({ length: count }, () => event());
const START = Date.UTC(2026, 0, 1);

/** Many small segments: each append of about 1 KiB starts a new one. */
async function filled(
  folder: string,
  count: number,
  options: Partial<JournalOptions> = {},
  keepFrom = Number.POSITIVE_INFINITY,
) {
  const journal = await open(folder, { segmentBytes: 1024, ...options });
  journal.keepFrom(keepFrom);
  const written: EncodedEvent[] = [];
  for (let day = 0; day < count; day += 1) {
    const next = event({ time: START + day * DAY_MS });
    await journal.append(next);
    written.push(next);
  }
  return { journal, written };
}

describe('a journal', () => {
  it('gives back what was appended, in order and byte for byte, also after it was opened again', async (t) => {
    const folder = await temporaryFolder(t);
    const journal = await open(folder);
    const written = events(300);
    await Promise.all(written.map((each) => journal.append(each)));
    const check = (entries: readonly JournalEntry[]) => {
      assert.deepEqual(ids(entries), ids(written));
      for (const [index, entry] of entries.entries()) {
        assert.equal(entry.index, index);
        assert(Buffer.from(entry.envelope).equals(written[index]?.envelope ?? Buffer.alloc(0)));
        assert(Buffer.from(entry.body).equals(written[index]?.body ?? Buffer.alloc(0)));
      }
    };
    check(await collect(journal.read(0)));
    await journal.close();
    const again = await open(folder);
    t.after(() => again.close());
    assert.deepEqual(again.torn, { log: 0, bodies: 0 });
    assert.equal(again.size, 300);
    check(await collect(again.read(0)));
    assert.deepEqual(ids(await collect(again.read(298))), ids(written.slice(298)));
    assert.deepEqual(await collect(again.read(300)), []);
  });

  it('knows its size and the time of its last entry', async (t) => {
    const folder = await temporaryFolder(t);
    const journal = await open(folder);
    assert.deepEqual([journal.size, journal.lastTime], [0, 0]);
    await journal.append(event({ time: START }));
    await journal.append(event({ time: START + 5 }));
    assert.deepEqual([journal.size, journal.lastTime], [2, START + 5]);
    await journal.close();
    const again = await open(folder);
    t.after(() => again.close());
    assert.deepEqual([again.size, again.lastTime], [2, START + 5]);
  });

  it('tells subscribers of each entry before its append resolves', async (t) => {
    const journal = await open(await temporaryFolder(t));
    t.after(() => journal.close());
    const seen: JournalEntry[] = [];
    const end = journal.subscribe((entry) => seen.push(entry));
    const written = events(20);
    const sizes = await Promise.all(written.map((each) => journal.append(each).then(() => seen.length)));
    assert.deepEqual(ids(seen), ids(written));
    assert.deepEqual(
      seen.map(({ index }) => index),
      [...written.keys()],
    );
    assert(sizes.every((size, position) => size > position));
    end();
    await journal.append(event());
    assert.equal(seen.length, 20);
  });

  it('acknowledges in order', async (t) => {
    const journal = await open(await temporaryFolder(t));
    t.after(() => journal.close());
    const order: number[] = [];
    await Promise.all(
      events(100).map(async (each, position) => {
        await journal.append(each);
        order.push(position);
      }),
    );
    assert.deepEqual(order, [...order.keys()]);
  });

  it('reads on while it is written', async (t) => {
    const journal = await open(await temporaryFolder(t), { segmentBytes: 4096 });
    t.after(() => journal.close());
    const written = events(50);
    await journal.append(written[0] as EncodedEvent);
    const found: string[] = [];
    for await (const entry of journal.read(0)) {
      found.push(entry.id);
      const next = written[entry.index + 1];
      if (next !== undefined) await journal.append(next);
    }
    assert.deepEqual(found, ids(written));
  });

  it('finishes what was appended before it closes, and refuses what comes later', async (t) => {
    const folder = await temporaryFolder(t);
    const journal = await open(folder);
    const pending = events(10).map((each) => journal.append(each));
    await journal.close();
    await Promise.all(pending);
    await assert.rejects(journal.append(event()), { name: 'JournalError', code: 'closed' });
    const again = await open(folder);
    assert.equal(again.size, 10);
    await again.close();
  });

  it('refuses an event that the format cannot hold, and goes on', async (t) => {
    const journal = await open(await temporaryFolder(t));
    t.after(() => journal.close());
    const { id, envelope, body } = event();
    const invalid = [
      { id, envelope: Buffer.alloc(4097), body },
      { id, envelope: Buffer.alloc(0), body },
      { id, envelope, body: Buffer.alloc(256 * 1024 + 1) },
      { id, envelope, body: Buffer.alloc(16) },
    ];
    for (const each of invalid) await assert.rejects(journal.append(each), RangeError);
    await journal.append(event());
    assert.equal(journal.size, 1);
  });

  it('is not opened by another node', async (t) => {
    const folder = await temporaryFolder(t);
    await (await open(folder)).close();
    await assert.rejects(open(folder, { node: 'node-2' }), {
      code: 'corrupt',
      message: /belongs to node node-1, and this is node node-2/,
    });
  });

  it('keeps its files from other users', async (t) => {
    const folder = join(await temporaryFolder(t), 'journal');
    const journal = await open(folder);
    await journal.close();
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    for (const name of await readdir(folder)) {
      assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
    }
  });
});

describe('segments', () => {
  it('follow one another without a gap', async (t) => {
    const folder = await temporaryFolder(t);
    const { journal, written } = await filled(folder, 20);
    assert.deepEqual(ids(await collect(journal.read(0))), ids(written));
    assert.deepEqual(ids(await collect(journal.read(7))), ids(written.slice(7)));
    await journal.close();
    assert((await readdir(folder)).filter((name) => name.endsWith('.log')).length > 5);
    const again = await open(folder, { segmentBytes: 1024 });
    assert.deepEqual(ids(await collect(again.read(0))), ids(written));
    await again.append(event());
    assert.equal(again.size, 21);
    await again.close();
  });

  it('are scanned again when their index files are lost or wrong', async (t) => {
    const folder = await temporaryFolder(t);
    const { journal, written } = await filled(folder, 12);
    await journal.close();
    const indexes = (await readdir(folder)).filter((name) => name.endsWith('.idx'));
    for (const [position, name] of indexes.entries()) {
      const path = join(folder, name);
      if (position % 3 === 0) await rm(path);
      else if (position % 3 === 1) await writeFile(path, 'nonsense');
      else await writeFile(path, (await readFile(path, 'utf8')).replace('"count":', '"count":1'));
    }
    const again = await open(folder);
    t.after(() => again.close());
    assert.deepEqual(ids(await collect(again.read(0))), ids(written));
    const restored = (await readdir(folder)).filter((name) => name.endsWith('.idx'));
    assert.deepEqual(restored, indexes);
  });

  it('are removed when all their events are older than the retention', async (t) => {
    const folder = await temporaryFolder(t);
    const clock = { now: () => START + 1000 * DAY_MS };
    const { journal, written } = await filled(folder, 20, { retentionDays: 5, clock });
    // The clock stands far ahead: the last entry's time and a day bound what is old.
    const kept = await collect(journal.read(0));
    assert(kept.length >= 5 && kept.length <= 9, `${kept.length} entries were kept`);
    assert.deepEqual(ids(kept), ids(written.slice(-kept.length)));
    assert.equal(kept[0]?.index, journal.first);
    assert.equal(journal.size, 20);
    await journal.close();
    const again = await open(folder);
    t.after(() => again.close());
    assert.deepEqual(ids(await collect(again.read(0))), ids(kept));
  });

  it('are left, however old, from the entry on that somebody needs', async (t) => {
    const folder = await temporaryFolder(t);
    const { journal, written } = await filled(folder, 20, { retentionDays: 5 }, 3);
    t.after(() => journal.close());
    const kept = await collect(journal.read(0));
    assert.ok(journal.first <= 3 && kept.length >= 17, `the first that is left is ${journal.first}`);
    assert.deepEqual(ids(kept), ids(written.slice(-kept.length)));
    journal.keepFrom(journal.size);
    await journal.append(event({ time: START + 30 * DAY_MS }));
    await journal.append(event({ time: START + 30 * DAY_MS }));
    assert.ok(journal.first > 3);
  });

  it('that retention has not removed are missed', async (t) => {
    const folder = await temporaryFolder(t);
    const { journal } = await filled(folder, 20, { retentionDays: 5 });
    const first = String(journal.first).padStart(12, '0');
    await journal.close();
    await rm(join(folder, `${first}.log`));
    await rm(join(folder, `${first}.bodies`));
    await assert.rejects(open(folder), { code: 'corrupt', message: new RegExp(`${first}.log is missing`) });
  });
});
