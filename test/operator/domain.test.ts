import assert from 'node:assert/strict';
import { copyFile, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { JournalEntry } from '../../src/audit/contract.ts';
import { parseBody, parseEnvelope } from '../../src/audit/entry.ts';
import { newRootAccessKey } from '../../src/identity/access-keys.ts';
import { encodeState, readState } from '../../src/operator/domain/state-row.ts';
import { ownEvent } from '../../src/operator/own-event.ts';
import { StoreError } from '../../src/store/contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { startEngines, type TestEngines } from '../support/engines.ts';
import {
  ACCOUNT,
  createKey,
  decrypt,
  encrypt,
  eventually,
  startNode,
  type TestNode,
  temporaryFolder,
} from './node.ts';

async function stateEvents(node: TestNode) {
  const found: { epoch: number; reason: string }[] = [];
  const add = (entry: JournalEntry): void => {
    if (parseEnvelope(entry).name !== 'DomainStateChanged') return;
    const facts = parseBody(entry)?.additionalEventData;
    found.push({ epoch: Number(facts?.epoch), reason: String(facts?.reason) });
  };
  for await (const entry of node.journal.read(0)) add(entry);
  return found;
}

describe('the domain state of a server', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engines: TestEngines;
  let nodes: TestNode[];
  beforeEach(async () => {
    folder = await temporaryFolder();
    engines = await startEngines({
      domain: false,
      onOpen: (lane, hello) => nodes.at(-1)?.domain.engineOpened(lane, hello),
    });
    nodes = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await engines.stop();
    await folder.remove();
  });
  const start = async (options: Parameters<typeof startNode>[2] = {}) => {
    const node = await startNode(join(folder.path, 'data'), engines, options);
    nodes.push(node);
    return node;
  };
  const restart = async (options: Parameters<typeof startNode>[2] = {}) => {
    await nodes.pop()?.stop();
    return start(options);
  };

  /** The same seal, and no state: as after a restart of the server. */
  const forgetDomain = () => Promise.all([engines.killLane('fast'), engines.killLane('slow')]);

  it('is made at the first start, journalled, and loaded at later ones', async () => {
    const first = await start();
    assert.equal(first.domain.inForce.epoch, 1);
    const key = await createKey(first);
    const ciphertext = await encrypt(first, key, 'kept');
    const second = await restart();
    assert.deepEqual(await stateEvents(second), [{ epoch: 1, reason: 'created' }]);
    assert.equal(await decrypt(second, key, ciphertext), 'kept');
  });

  it('comes back to engines that both died', async () => {
    const node = await start();
    const key = await createKey(node);
    const ciphertext = await encrypt(node, key, 'kept');
    await Promise.all([engines.killLane('fast'), engines.killLane('slow')]);
    assert.equal(await decrypt(node, key, ciphertext), 'kept');
  });

  it('survives engines that die while it is rotated', async () => {
    const node = await start();
    const rotations = [node.domain.rotate(), engines.killLane('slow'), engines.killLane('fast')];
    await Promise.all(rotations);
    assert.equal(node.domain.inForce.epoch, 2);
    await createKey(node);
  });

  it('refuses a database older than the journal, and says what to do', async () => {
    const first = await start();
    await first.stop();
    nodes.pop();
    const database = join(folder.path, 'data', 'lockholm.db');
    await copyFile(database, join(folder.path, 'old.db'));
    const second = await start();
    await second.domain.rotate();
    await second.stop();
    nodes.pop();
    await copyFile(join(folder.path, 'old.db'), database);
    // Engines that ran on know the later state; new ones have the journal's word alone.
    const stale = { code: 'stale', message: /backup restore/ };
    await assert.rejects(start(), stale);
    await forgetDomain();
    await assert.rejects(start(), stale);
  });

  it('refuses an older state whose row claims a later epoch', async () => {
    const first = await start();
    const old = await readState(first.store);
    assert.ok(old !== undefined);
    await first.domain.rotate();
    await first.store.commit({ put: [encodeState({ ...old, epoch: 9 }, 3)] });
    await nodes.pop()?.stop();
    await forgetDomain();
    await assert.rejects(start(), { code: 'altered', message: /epoch 9.*epoch 1/ });
  });

  it('goes on after the journal where the store was restored on purpose', async () => {
    const first = await start();
    const key = await createKey(first);
    const ciphertext = await encrypt(first, key, 'kept');
    await first.stop();
    nodes.pop();
    const database = join(folder.path, 'data', 'lockholm.db');
    await copyFile(database, join(folder.path, 'old.db'));
    const second = await start();
    await second.domain.rotate();
    await second.domain.rotate();
    await second.stop();
    nodes.pop();
    await copyFile(join(folder.path, 'old.db'), database);
    await forgetDomain();
    const third = await start({ restored: true });
    assert.equal(third.domain.inForce.epoch, 4);
    // The two keys that were made meanwhile have ids 2 and 3.
    assert.equal(third.domain.inForce.currentKey, 4);
    assert.equal(await decrypt(third, key, ciphertext), 'kept');
    assert.deepEqual((await stateEvents(third)).at(-1), { epoch: 4, reason: 'restored' });
  });

  it('refuses an empty database beside a journal that knows a state', async () => {
    await start();
    await nodes.pop()?.stop();
    await forgetDomain();
    await assert.rejects(start({ database: 'other.db' }), { code: 'lost', message: /epoch 1/ });
  });

  it('refuses another seal', async () => {
    await start();
    await nodes.pop()?.stop();
    await engines.stop();
    engines = await startEngines({ domain: false });
    await assert.rejects(start(), { code: 'wrong-seal', message: /--seal/ });
  });

  it('is entered again in a journal that was begun anew, with a warning', async () => {
    const first = await start();
    await first.rows.commit({ put: [{ table: 'account', id: ACCOUNT, version: 1, value: {} }] });
    await nodes.pop()?.stop();
    await cp(join(folder.path, 'data', 'lockholm.db'), join(folder.path, 'moved', 'lockholm.db'));
    const moved = await startNode(join(folder.path, 'moved'), engines);
    nodes.push(moved);
    assert.deepEqual(await stateEvents(moved), [{ epoch: 1, reason: 'found' }]);
    assert.match(moved.logged.join(), /journal-begun-anew.*beside a database that is not new/);
  });

  it('is journalled as made by the start after one that ended before its entry', async () => {
    const store = await openSqliteStore(join(folder.path, 'lockholm.db'));
    const { blob, epoch } = await engines.engine.call('createDomain', {});
    await store.commit({ put: [encodeState({ blob: Buffer.from(blob), epoch }, 1)] });
    await store.close();
    const node = await startNode(folder.path, engines);
    nodes.push(node);
    assert.deepEqual([await stateEvents(node), node.logged], [[{ epoch: 1, reason: 'created' }], []]);
  });

  it('is entered once more when its entry is in a segment that retention may remove', async () => {
    const journal = { segmentBytes: 4096, retentionDays: 1 };
    const node = await start({ journal });
    const fill = async () => {
      for (let n = 0; n < 8; n += 1) await node.journal.append(ownEvent(node.parts, 'Filler', { n }));
    };
    await fill();
    assert.ok(node.journal.lastSegment > 0);
    await eventually(async () => (await stateEvents(node)).length === 2);
    assert.deepEqual((await stateEvents(node)).at(-1), { epoch: 1, reason: 'confirmed' });
    const before = node.journal.size;
    await fill();
    const again = await restart({ journal });
    assert.ok(again.journal.size > before);
    assert.deepEqual((await stateEvents(again)).at(-1), { epoch: 1, reason: 'confirmed' });
  });

  it('is compared with its entry also when everything of its time has left the journal', async () => {
    const DAY_MS = 86_400_000;
    const clock = { time: Date.now(), now: () => clock.time };
    const options = { clock, journal: { segmentBytes: 4096, retentionDays: 1, clock } };
    const first = await start(options);
    await first.stop();
    nodes.pop();
    const database = join(folder.path, 'data', 'lockholm.db');
    await copyFile(database, join(folder.path, 'old.db'));
    const second = await start(options);
    await second.domain.rotate();
    for (let day = 0; day < 3; day += 1) {
      clock.time += 0.9 * DAY_MS;
      for (let n = 0; n < 8; n += 1) await second.journal.append(ownEvent(second.parts, 'Filler', { n }));
      await eventually(async () => (await stateEvents(second)).at(-1)?.reason === 'confirmed');
    }
    assert.ok(second.journal.first > 4, 'retention removed the state’s first entries');
    await second.stop();
    nodes.pop();
    await copyFile(join(folder.path, 'old.db'), database);
    await forgetDomain();
    await assert.rejects(start(options), { code: 'stale' });
  });

  it('is not journalled before the engines have found it to be one', async () => {
    const node = await start();
    const old = await readState(node.store);
    assert.ok(old !== undefined);
    await node.domain.rotate();
    const before = await stateEvents(node);
    await node.store.commit({ put: [encodeState({ ...old, epoch: 9 }, 3)] });
    await assert.rejects(node.domain.refresh(), { name: 'DomainError' });
    await node.store.commit({ put: [encodeState({ epoch: 9, blob: Buffer.alloc(200) }, 4)] });
    await assert.rejects(node.domain.refresh(), { name: 'DomainError' });
    assert.deepEqual(await stateEvents(node), before);
    assert.equal(node.domain.inForce.epoch, 2);
  });

  it('has its changes in the outbox with a MAC, and refuses a row there that it did not write', async () => {
    const node = await start();
    const forged = ownEvent(node.parts, 'DomainStateChanged', { epoch: 7, reason: 'rotated', sha256: '' });
    await node.store.commit({ event: { ...forged, mac: Buffer.alloc(33) } });
    await node.stop();
    nodes.pop();
    await assert.rejects(start(), { name: 'RowError', message: new RegExp(`outbox ${forged.id}`) });
  });

  it('journals a rotation whose entry was not appended before a kill', async () => {
    const node = await start();
    await node.journal.close();
    await assert.rejects(node.domain.rotate());
    await node.store.close();
    const again = await start();
    assert.deepEqual(await stateEvents(again), [
      { epoch: 1, reason: 'created' },
      { epoch: 2, reason: 'rotated' },
    ]);
  });

  it('keeps a token of a replaced domain key out of the store', async () => {
    const node = await start();
    const late = await newRootAccessKey(engines.engine, node.parts.clock, ACCOUNT);
    await node.domain.rotate();
    const conflict = (error: unknown) => error instanceof StoreError && error.code === 'conflict';
    await assert.rejects(node.rows.commit({ put: [late.row] }), conflict);
    const fresh = await newRootAccessKey(engines.engine, node.parts.clock, ACCOUNT);
    await node.rows.commit({ put: [fresh.row] });
    // A change of the row that keeps its token is none of a token.
    await node.domain.rotate();
    const value = { ...fresh.row.value, status: 'Inactive' };
    await node.rows.commit({ put: [{ ...fresh.row, version: 2, value }] });
    const smuggled = { ...fresh.row, version: 3, value: late.row.value };
    await assert.rejects(node.rows.commit({ put: [smuggled] }), conflict);
  });

  it('commits a token that was made while the domain key was being rotated', async () => {
    const node = await start();
    const rotation = node.domain.rotate();
    const late = await newRootAccessKey(engines.engine, node.parts.clock, ACCOUNT);
    const outcome = await node.rows.commit({ put: [late.row] }).catch((error: unknown) => error);
    await rotation;
    // Under either key it is right; what must not be is a token under the old key in the store.
    const stored = await node.rows.get('access-key', late.accessKeyId);
    assert.equal(stored === undefined, outcome instanceof StoreError);
    await createKey(node);
  });

  it('takes over a state that another front stored, and journals it', async () => {
    const node = await start();
    assert.equal(await node.domain.refresh(), false);
    const { blob, epoch } = await engines.engine.call('rotateDomainKey', { minimumEpoch: 0 });
    await node.store.commit({ put: [encodeState({ blob: Buffer.from(blob), epoch }, 2)] });
    assert.equal(await node.domain.refresh(), true);
    assert.equal(node.domain.inForce.keys.length, 2);
    assert.deepEqual((await stateEvents(node)).at(-1), { epoch: 2, reason: 'found' });
  });

  it('does not lose a rotation to another front: the second proposal is refused', async () => {
    const node = await start();
    const { blob, epoch } = await engines.engine.call('rotateDomainKey', { minimumEpoch: 0 });
    await node.store.commit({ put: [encodeState({ blob: Buffer.from(blob), epoch }, 2)] });
    await assert.rejects(node.domain.rotate(), { code: 'conflict' });
    assert.equal(node.domain.inForce.epoch, 2);
    assert.equal((await node.domain.rotate()).epoch, 3);
  });
});
