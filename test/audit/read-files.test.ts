import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import type { EncodedEvent, JournalEntry } from '../../src/audit/contract.ts';
import { type FileJournal, openJournal } from '../../src/audit/journal.ts';
import { lastEntries, readJournalFiles } from '../../src/audit/read-files.ts';
import { auditShow } from '../../src/cli/audit/show.ts';
import { auditTail, type TailOptions } from '../../src/cli/audit/tail.ts';
import { collect, event, keyArn, NODE, temporaryFolder } from './sample.ts';

const open = (folder: string) => openJournal(folder, { node: NODE, segmentBytes: 3000 });
const ids = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id);

async function fill(journal: FileJournal, count: number): Promise<EncodedEvent[]> {
  const events = Array.from({ length: count }, () => event());
  for (const each of events) await journal.append(each);
  return events;
}

describe('reading a journal from its files', () => {
  it('gives all entries of a running server, or those from an index on', async (t) => {
    const folder = await temporaryFolder(t);
    const journal = await open(folder);
    t.after(() => journal.close());
    const events = await fill(journal, 20);
    assert.deepEqual(ids(await collect(readJournalFiles(folder))), ids(events));
    assert.deepEqual(ids(await collect(readJournalFiles(folder, { from: 13 }))), ids(events.slice(13)));
    const last = await lastEntries(folder, (entry) => entry.index % 2 === 0, 6);
    assert.deepEqual(
      last.entries.map(({ index }) => index),
      [8, 10, 12, 14, 16, 18],
    );
    assert.equal(last.next, 20);
  });

  it('is right while the server appends as fast as it can', async (t) => {
    const folder = await temporaryFolder(t);
    const journal = await openJournal(folder, { node: NODE, segmentBytes: 300_000 });
    const end = new AbortController();
    const writing = Array.from({ length: 8 }, async () => {
      while (!end.signal.aborted) await journal.append(event());
    });
    await journal.append(event());
    for (let round = 0; round < 6; round += 1) {
      const before = journal.size;
      const entries = await collect(readJournalFiles(folder));
      assert(entries.length >= before);
      assert.deepEqual(
        entries.map(({ index }) => index),
        [...entries.keys()],
      );
    }
    end.abort();
    await Promise.all(writing);
    await journal.close();
  });

  it('follows what is appended, across segments and restarts', async (t) => {
    const folder = await temporaryFolder(t);
    let journal = await open(folder);
    const events = await fill(journal, 3);
    const end = new AbortController();
    const found: JournalEntry[] = [];
    const following = (async () => {
      for await (const entry of readJournalFiles(folder, { follow: end.signal })) {
        found.push(entry);
        if (found.length === 23) end.abort();
      }
    })();
    events.push(...(await fill(journal, 10)));
    await journal.close();
    journal = await open(folder);
    events.push(...(await fill(journal, 10)));
    await following;
    await journal.close();
    assert.deepEqual(ids(found), ids(events));
  });

  it('passes over what a kill tore, and refuses what is damaged', async (t) => {
    const folder = await temporaryFolder(t);
    const journal = await openJournal(folder, { node: NODE });
    const events = await fill(journal, 4);
    await journal.close();
    const path = join(folder, '000000000000.log');
    const whole = await readFile(path);
    await truncate(path, whole.length - 10);
    assert.deepEqual(ids(await collect(readJournalFiles(folder))), ids(events.slice(0, 3)));
    const damaged = Buffer.from(whole);
    damaged[400] = (damaged[400] ?? 0) ^ 1;
    await writeFile(path, damaged);
    await assert.rejects(collect(readJournalFiles(folder)), { code: 'corrupt' });
    await rm(path);
    await assert.rejects(collect(readJournalFiles(join(folder, 'nothing'))), { code: 'unavailable' });
  });
});

/** What a command printed. */
class Printed extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    this.emit('text');
    done();
  }
  get lines(): readonly string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

describe('lockholm audit', () => {
  const time = (hour: number) => Date.UTC(2026, 10, 24, hour);
  const other = 'arn:aws:kms:eu-central-1:444455556666:key/1234abcd-12ab-34cd-56ef-000000000009';

  async function data(t: Parameters<typeof temporaryFolder>[0]) {
    const folder = await temporaryFolder(t);
    const journal = await openJournal(join(folder, 'journal'), { node: NODE });
    t.after(() => journal.close());
    const events = [
      event({ time: time(1), name: 'Encrypt', resources: [keyArn(1)] }),
      event({ time: time(2), name: 'Decrypt', errorCode: 'AccessDeniedException', resources: [] }),
      event({ time: time(3), name: 'Encrypt', resources: [other], uses: [] }),
      event({
        time: time(4),
        name: 'CreateAlias',
        resources: ['arn:aws:kms:us-east-1:111122223333:alias/payroll', keyArn(2)],
        uses: [],
      }),
    ];
    for (const each of events) await journal.append(each);
    return { folder, journal, events };
  }

  async function tail(folder: string, options: Partial<TailOptions>) {
    const out = new Printed();
    await auditTail({ data: folder, ...options }, out, new AbortController().signal);
    return out;
  }

  it('tail prints a line for each event, or CloudTrail records', async (t) => {
    const { folder, events } = await data(t);
    const { lines } = await tail(folder, {});
    assert.equal(lines.length, 4);
    const arn = 'arn:aws:iam::111122223333:root';
    assert.equal(
      lines[1],
      `2026-11-24T02:00:00.000Z  111122223333  us-east-1  Decrypt               AccessDeniedException  -  ${arn} 192.0.2.7  ${events[1]?.id}`,
    );
    assert.match(lines[3] ?? '', /CreateAlias {11}ok {4}alias\/payroll,key\/1234abcd/);
    const records = (await tail(folder, { json: true, limit: '2' })).lines.map((line) => JSON.parse(line));
    assert.deepEqual(
      records.map(({ eventID }) => eventID),
      ids(events.slice(2)),
    );
  });

  it('tail filters by account, key, alias, name and time', async (t) => {
    const { folder, events } = await data(t);
    const shown = async (options: Partial<TailOptions>) => {
      const { lines } = await tail(folder, { json: true, ...options });
      return lines.map((line) => ids(events).indexOf(JSON.parse(line).eventID));
    };
    assert.deepEqual(await shown({ account: '444455556666' }), [2]);
    assert.deepEqual(await shown({ key: other }), [2]);
    assert.deepEqual(await shown({ key: '1234abcd-12ab-34cd-56ef-000000000001' }), [0]);
    assert.deepEqual(await shown({ key: 'alias/payroll' }), [3]);
    assert.deepEqual(await shown({ event: 'Encrypt' }), [0, 2]);
    assert.deepEqual(await shown({ since: '2026-11-24T02:00:00Z', until: '2026-11-24T03:00:00Z' }), [1, 2]);
    assert.deepEqual(await shown({ since: '2026-11-24T01:30:00Z', limit: '1' }), [3]);
    for (const wrong of [{ account: '12' }, { since: 'yesterday' }, { until: '5w' }, { limit: '0' }]) {
      await assert.rejects(shown(wrong), { name: 'Failure', exitCode: 2 });
    }
  });

  it('tail follows', async (t) => {
    const { folder, journal } = await data(t);
    const out = new Printed();
    const interrupt = new AbortController();
    const options = { data: folder, json: true, follow: true, limit: '1', event: 'Sign' };
    const following = auditTail(options, out, interrupt.signal);
    await journal.append(event({ name: 'Verify' }));
    const sign = event({ name: 'Sign' });
    await journal.append(sign);
    while (out.lines.length === 0) await once(out, 'text');
    interrupt.abort();
    await following;
    assert.deepEqual(
      out.lines.map((line) => JSON.parse(line).eventID),
      [sign.id],
    );
  });

  it('show finds an event by its id, or by that of its request', async (t) => {
    const { folder, events } = await data(t);
    const requestId = JSON.parse(Buffer.from(events[2]?.envelope ?? []).toString()).requestId;
    for (const id of [events[2]?.id ?? '', requestId]) {
      const printed: string[] = [];
      await auditShow(id, { data: folder, json: true }, (text) => printed.push(text));
      const { index, leaf, record } = JSON.parse(printed[0] ?? '');
      assert.deepEqual([printed.length, index, record.eventID], [1, 2, events[2]?.id]);
      assert.match(leaf, /^[0-9a-f]{64}$/);
    }
    const printed: string[] = [];
    await auditShow(events[0]?.id ?? '', { data: folder }, (text) => printed.push(text));
    assert.match(printed.join(), /^entry {3}0 of node node-1\nleaf .*"eventName": "Encrypt"/s);
  });

  it('says what to do where there is nothing to show', async (t) => {
    const { folder } = await data(t);
    await assert.rejects(
      auditShow('no-such-id', { data: folder }, () => undefined),
      { name: 'Failure', exitCode: 1, message: /no event and no request no-such-id/ },
    );
    await assert.rejects(tail(join(folder, 'elsewhere'), {}), { name: 'Failure', message: /--data/ });
  });

  it('prints nothing that a client could steer a terminal with', async (t) => {
    const { folder, journal } = await data(t);
    await journal.append(event({ name: '\u001b[2J', sourceIp: '\u0007' }));
    const { lines } = await tail(folder, { limit: '1' });
    assert.match(lines[0] ?? '', /^[ -~]+$/);
    const sent = event({ userAgent: '\u009b2J\u202egnp\u2066' });
    await journal.append(sent);
    for (const json of [false, true]) {
      const printed: string[] = [];
      await auditShow(sent.id, { data: folder, json }, (text) => printed.push(text));
      assert.match(printed[0] ?? '', /^[ -~\n]+$/);
      assert.match(printed[0] ?? '', /"userAgent": ?"\\u009b2J\\u202egnp\\u2066"/);
    }
  });
});
