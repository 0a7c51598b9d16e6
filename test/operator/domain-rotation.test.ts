import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { domainKeyOf } from '../../src/engine/protocol/token-header.ts';
import { newRootAccessKey } from '../../src/identity/access-keys.ts';
import type { KeyRecord } from '../../src/kms/key.ts';
import { rotated } from '../../src/kms/rules/rotation.ts';
import { rotationStatus, scheduleRotation } from '../../src/operator/domain/rotation.ts';
import { beginDueRotation } from '../../src/operator/domain/rotation-schedule.ts';
import { type TokenRow, tokenOf, tokenTables } from '../../src/operator/domain/token-rows.ts';
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

async function tokensByDomainKey(node: TestNode): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const table of tokenTables) {
    for (const { value } of await node.rows.scan<TokenRow>(table, '', { limit: 10_000 })) {
      const id = domainKeyOf(tokenOf(value));
      counts[id] = (counts[id] ?? 0) + 1;
    }
  }
  return counts;
}

const begin = (node: TestNode) =>
  node.rows.commit(scheduleRotation(node.parts.clock.now(), node.domain.inForce.currentKey));
const done = (node: TestNode) => eventually(async () => (await rotationStatus(node.rows)) === undefined);

describe('the rotation of the domain key', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engines: TestEngines;
  let node: TestNode;
  beforeEach(async () => {
    folder = await temporaryFolder();
    engines = await startEngines({
      domain: false,
      onOpen: (lane, hello) => node?.domain.engineOpened(lane, hello),
    });
    node = await startNode(join(folder.path, 'data'), engines);
  });
  afterEach(async () => {
    await node.stop();
    await engines.stop();
    await folder.remove();
  });
  const restart = async () => {
    await node.stop();
    node = await startNode(join(folder.path, 'data'), engines);
  };
  const createKeys = (count: number): Promise<KeyRecord[]> =>
    Promise.all(Array.from({ length: count }, () => createKey(node)));
  const createAccessKey = async () => {
    const made = await newRootAccessKey(engines.engine, node.parts.clock, ACCOUNT);
    await node.rows.commit({ put: [made.row] });
  };

  it('brings every token under the new key, interrupted and under load, and tokens open all the time', async () => {
    const keys = await createKeys(450);
    await createAccessKey();
    const ciphertexts = await Promise.all(keys.slice(0, 20).map((key) => encrypt(node, key, key.id)));
    await begin(node);
    let stopped = false;
    let calls = 0;
    const load = async (first: number) => {
      for (let i = first; !stopped; i = (i + 1) % 20) {
        const [key, ciphertext] = [keys[i], ciphertexts[i]];
        assert.ok(key && ciphertext);
        assert.equal(await decrypt(node, key, ciphertext), key.id);
        await encrypt(node, key, 'more');
        calls += 1;
      }
    };
    const makeKeys = async () => {
      while (!stopped) {
        const stored = await node.kms.keys.get(keys[30] as KeyRecord, (keys[30] as KeyRecord).id);
        assert.ok(stored);
        const when = { time: Date.now(), eventId: 'e' };
        const { change } = await rotated(node.kms, stored, 'AUTOMATIC', when);
        await node.rows.commit(change).catch((error) => assert.equal(error.code, 'conflict'));
        await createKey(node).catch((error) => assert.equal(error.code, 'conflict'));
      }
    };
    const under = async () => {
      stopped = false;
      const work = [load(0), load(7), load(13), makeKeys()];
      return async () => {
        stopped = true;
        await Promise.all(work);
      };
    };

    // Killed when some pages are done.
    const endLoad = await under();
    const runner = node.jobs();
    await eventually(async () => ((await rotationStatus(node.rows))?.rewrapped ?? 0) >= 200);
    await runner.stop();
    const status = await rotationStatus(node.rows);
    assert.equal(status?.phase, 're-encrypt');
    await endLoad();
    await restart();
    assert.deepEqual(Object.keys(await tokensByDomainKey(node)), ['1', '2']);

    const endSecondLoad = await under();
    node.jobs();
    await done(node);
    await endSecondLoad();
    assert.ok(calls > 0);
    assert.deepEqual(Object.keys(await tokensByDomainKey(node)), ['2']);
    assert.deepEqual(
      node.domain.inForce.keys.map(({ id }) => id),
      [2],
    );
    assert.equal(node.domain.inForce.epoch, 3);
    for (const [i, ciphertext] of ciphertexts.entries())
      assert.equal(await decrypt(node, keys[i] as KeyRecord, ciphertext), keys[i]?.id);
    assert.deepEqual(node.logged, []);
  });

  it('rotates once where it was killed right after the rotation', async () => {
    await createKeys(3);
    await begin(node);
    await node.domain.rotate();
    node.jobs();
    await done(node);
    assert.equal(node.domain.inForce.currentKey, 2);
    assert.deepEqual(await tokensByDomainKey(node), { 2: 3 });
  });

  it('is finished at the next start when only the state tells of it, as after a restore', async () => {
    await createKeys(3);
    await node.domain.rotate();
    const parts = { ...node.parts, domain: node.domain, rows: node.rows, rotationDays: 0 };
    assert.equal(await beginDueRotation(parts), true);
    assert.equal(await beginDueRotation(parts), false);
    node.jobs();
    await done(node);
    assert.equal(node.domain.inForce.currentKey, 2);
    assert.deepEqual(await tokensByDomainKey(node), { 2: 3 });
  });

  it('begins by age', async () => {
    await createKeys(2);
    let now = Date.now();
    const parts = {
      ...node.parts,
      clock: { now: () => now },
      domain: node.domain,
      rows: node.rows,
      rotationDays: 30,
    };
    now += 29 * DAY_MS;
    assert.equal(await beginDueRotation(parts), false);
    now += 2 * DAY_MS;
    assert.equal(await beginDueRotation({ ...parts, rotationDays: 0 }), false);
    assert.equal(await beginDueRotation(parts), true);
  });

  it('leaves nothing of the old state and the old tokens in the files of the store', async () => {
    const [key] = await createKeys(1);
    const [row] = await node.rows.scan<TokenRow>('material', '', { limit: 1 });
    const old = [Buffer.from(node.domain.inForce.blob).toString('base64'), row?.value.token ?? ''];
    await begin(node);
    node.jobs();
    await done(node);
    assert.ok(key);
    await node.stop();
    const file = await readFile(join(folder.path, 'data', 'lockholm.db'));
    for (const text of old) assert.equal(file.includes(text), false);
    node = await startNode(join(folder.path, 'data'), engines);
  });

  it('keeps the old key while a token cannot be re-encrypted, and names its row', async () => {
    await createKeys(5);
    const page = await node.rows.scan<TokenRow>('material', '', { limit: 5 });
    const damaged = page[3];
    assert.ok(damaged);
    const token = tokenOf(damaged.value);
    token[token.length - 1] = (token.at(-1) ?? 0) ^ 1;
    const value = { token: token.toString('base64') };
    await node.rows.commit({ put: [{ table: 'material', id: damaged.id, version: 2, value }] });
    await begin(node);
    node.jobs();
    await eventually(async () => ((await rotationStatus(node.rows))?.failures ?? 0) > 0);
    assert.match(node.logged.join('\n'), /TokenError/);
    assert.equal(node.domain.inForce.keys.length, 2);
    assert.deepEqual(await tokensByDomainKey(node), { 1: 2, 2: 3 });
  });

  it('is not disturbed by keys that are deleted meanwhile', async () => {
    const keys = await createKeys(120);
    await begin(node);
    node.jobs();
    for (const { account, region, id, materials } of keys.slice(0, 60)) {
      const place = `${account}/${region}/${id}`;
      for (;;) {
        const material = await node.rows.get('material', `${place}/${materials[0]?.id}`);
        const change = {
          delete: [
            { table: 'key', id: place, version: 1 } as const,
            {
              table: 'material',
              id: `${place}/${materials[0]?.id}`,
              version: material?.version ?? 0,
            } as const,
          ],
        };
        const error = await node.rows.commit(change).catch((conflict: unknown) => conflict);
        if (error === undefined) break;
      }
    }
    await done(node);
    assert.deepEqual(await tokensByDomainKey(node), { 2: 60 });
    assert.equal(node.domain.inForce.keys.length, 1);
  });
});
