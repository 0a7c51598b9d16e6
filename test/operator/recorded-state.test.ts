import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { RecordedStates, recordedSince } from '../../src/operator/domain/recorded-state.ts';
import { ownEvent } from '../../src/operator/own-event.ts';
import { RowError } from '../../src/store/rows-contract.ts';
import { type LoneNode, startLoneNode, type TestNode } from './node.ts';

let here: LoneNode;
let node: TestNode;
before(async () => {
  here = await startLoneNode();
  node = here.node;
});
after(() => here.stop());

/** Notes from where the journal is read. */
function watched() {
  const from: number[] = [];
  const journal = {
    get size() {
      return node.journal.size;
    },
    get lastSegment() {
      return node.journal.lastSegment;
    },
    keepFrom: () => undefined,
    read(index: number) {
      from.push(index);
      return node.journal.read(index);
    },
  };
  return { from, journal };
}
const states = (name: string, journal = watched().journal) => new RecordedStates(node.rows, journal, name);

test('the last state is found by reading the journal from its mark on', async () => {
  const { epoch } = await node.domain.rotate();
  const first = states('a');
  assert.equal((await first.read()).epoch, epoch);
  await first.save();
  const mark = node.journal.size;
  await node.domain.rotate();
  const { from, journal } = watched();
  assert.equal((await states('a', journal).read()).epoch, epoch + 1);
  assert.deepEqual(from, [mark]);
});

test('an event of that name that is not Lockholm’s own says nothing', async () => {
  const before = await recordedSince(node.journal);
  const forged = ownEvent(node.parts, 'Other', { epoch: 99, reason: '"name":"DomainStateChanged"' });
  await node.journal.append(forged);
  assert.deepEqual(await recordedSince(node.journal), before);
});

test('a mark of another journal is not used', async () => {
  const place = { table: 'setting', id: 'domain-recorded/b' } as const;
  const value = { index: node.journal.size + 1, epoch: 77, sha256: '' };
  await node.rows.commit({ put: [{ ...place, version: 1, value }] });
  assert.deepEqual(await states('b').read(), await recordedSince(node.journal));
});

test('a mark that somebody else made is refused', async () => {
  const content = Buffer.from(JSON.stringify({ index: node.journal.size, epoch: 0, sha256: randomUUID() }));
  const row = {
    table: 'setting',
    id: 'domain-recorded/c',
    version: 1,
    content,
    mac: Buffer.alloc(33),
  } as const;
  await node.store.commit({ put: [row] });
  await assert.rejects(states('c').read(), RowError);
});
