/** What left under a key is counted once, however often entries are read. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { EventFacts } from '../../src/audit/contract.ts';
import { writeDerived } from '../../src/audit/derived-rows.ts';
import { createEncoder } from '../../src/audit/event.ts';
import { type HandedOut, HandedOutView } from '../../src/audit/handed-out.ts';
import { openAudit } from '../../src/audit/open-audit.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { facts, keyArn, material, NODE, temporaryFolder } from './sample.ts';

const home = { account: '000000000000', region: 'us-east-1' };
const use = (number: number) => ({
  keyArn: keyArn(number),
  materialId: material(number),
  session: 's',
  counter: 1,
});
const calls: readonly Partial<EventFacts>[] = [
  { name: 'Encrypt', uses: [use(1)] },
  { name: 'GenerateDataKey', uses: [use(1)] },
  { name: 'GenerateDataKeyWithoutPlaintext', uses: [use(1)] },
  { name: 'Decrypt', uses: [use(1)] },
  { name: 'Decrypt', uses: [use(1)], errorCode: 'AccessDeniedException' },
  { name: 'ReEncrypt', uses: [use(2), use(1)] },
  { name: 'DescribeKey', uses: [], resources: [keyArn(1)] },
];
const shown = ({ ciphertexts, dataKeys, plaintexts }: HandedOut) => [
  ciphertexts,
  [...dataKeys.values()],
  [...plaintexts.values()],
];
const expected = [4, [1], [1]];

async function serve(t: TestContext, folder: string) {
  const store = await openSqliteStore(join(folder, 'store.db'));
  const audit = await openAudit({ folder: join(folder, 'journal'), store, node: NODE, home });
  await audit.begin({ verify: async (rows) => rows.map(() => true) });
  const end = async (write: boolean) => {
    await (write ? audit.close() : audit.journal.close());
    await store.close();
  };
  t.after(() => end(false));
  const append = async () => {
    for (const call of calls) await audit.journal.append(audit.encodeEvent(facts(call)));
  };
  return { audit, store, append, end, count: async () => shown(await audit.handedOut(keyArn(1))) };
}

for (const write of [true, false])
  test(`counts are the same after a ${write ? 'stop' : 'kill'}, and when the place in the journal is lost`, async (t) => {
    const folder = await temporaryFolder(t);
    const first = await serve(t, folder);
    await first.append();
    assert.deepEqual(await first.count(), expected);
    assert.deepEqual(shown(await first.audit.handedOut(keyArn(2))), [0, [], []]);
    await first.end(write);
    const second = await serve(t, folder);
    assert.deepEqual(await second.count(), expected);
    await second.end(true);
    const third = await serve(t, folder);
    const [position] = await third.store.scan('last-usage', `position/${NODE}`, { limit: 1 });
    assert.ok(position);
    await third.end(true);
    const store = await openSqliteStore(join(folder, 'store.db'));
    const row = await store.get('last-usage', position.id);
    await store.commit({ delete: [{ table: 'last-usage', id: position.id, version: row?.version ?? 0 }] });
    await store.close();
    const fourth = await serve(t, folder);
    assert.deepEqual(await fourth.count(), expected);
    await fourth.append();
    assert.deepEqual(await fourth.count(), [8, [2], [2]]);
  });

test('a write that was refused after it reached the rows is not counted twice', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await openSqliteStore(join(folder, 'store.db'));
  t.after(() => store.close());
  const view = new HandedOutView(NODE);
  const encode = createEncoder(NODE);
  const apply = (index: number) => {
    const given = facts({ name: 'Encrypt', uses: [use(1)] });
    view.apply({ ...encode(given), index }, given);
  };
  apply(0);
  await writeDerived(store, await view.leave(store));
  view.refused();
  apply(1);
  assert.equal((await view.get(store, keyArn(1))).ciphertexts, 2);
  await writeDerived(store, await view.leave(store));
  view.written();
  assert.equal((await view.get(store, keyArn(1))).ciphertexts, 2);
  apply(2);
  await view.leave(store);
  view.refused();
  assert.equal((await view.get(store, keyArn(1))).ciphertexts, 3);
});
