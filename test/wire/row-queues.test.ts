import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type HeldRows, RowQueues } from '../../src/wire/row-queues.ts';
import { seeded } from '../support/random.ts';

const change = (...ids: string[]) => ({
  expect: ids.map((id) => ({ table: 'setting' as const, id, version: 1 })),
});
const settled = () => new Promise(setImmediate);

describe('rows are held by one call at a time', () => {
  test('who comes later waits, in order, and is told so', async () => {
    const queues = new RowQueues(10);
    const calls = [0, 1, 2].map((): HeldRows => new Set());
    const order: string[] = [];
    const taken = calls.map((held, i) =>
      queues.take(held, change('a')).then((waited) => order.push(`${i} ${waited}`)),
    );
    await settled();
    assert.deepEqual(order, ['0 false']);
    for (const held of calls) {
      queues.release(held);
      await settled();
    }
    await Promise.all(taken);
    assert.deepEqual(order, ['0 false', '1 true', '2 true']);
  });

  test('rows that are held already, or free, are taken at once', async () => {
    const queues = new RowQueues(10);
    const held: HeldRows = new Set();
    assert.equal(await queues.take(held, change('a')), false);
    assert.equal(await queues.take(held, change('a', 'b')), false);
    queues.release(held);
    assert.equal(await queues.take(new Set(), change('b', 'a')), false);
  });

  test('a row that is released without anybody waiting is free', async () => {
    const queues = new RowQueues(0);
    const held: HeldRows = new Set();
    await queues.take(held, change('a'));
    await assert.rejects(queues.take(new Set(), change('a')), { code: 'ThrottlingException' });
    queues.release(held);
    assert.equal(await queues.take(held, change('a')), false);
  });

  test('any mixture of rows comes to an end, and no row has two holders', async () => {
    const queues = new RowQueues(1000);
    const random = seeded('row queues');
    const holders = new Map<string, number>();
    let most = 0;
    const call = async (): Promise<void> => {
      const held: HeldRows = new Set();
      for (let run = 0; run < 3; run++) {
        const ids = Array.from({ length: 3 }, () => `r${random.below(6)}`);
        await queues.take(held, change(...ids));
      }
      for (const row of held) {
        const count = (holders.get(row) ?? 0) + 1;
        holders.set(row, count);
        most = Math.max(most, count);
      }
      await settled();
      for (const row of held) holders.set(row, (holders.get(row) ?? 0) - 1);
      queues.release(held);
    };
    await Promise.all(Array.from({ length: 200 }, call));
    assert.equal(most, 1);
  });
});
