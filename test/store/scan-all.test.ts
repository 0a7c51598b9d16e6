import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRows } from '../../src/store/rows.ts';
import type { Stored } from '../../src/store/rows-contract.ts';
import { scanAll } from '../../src/store/scan-all.ts';
import { HmacAuthenticator } from './hmac-authenticator.ts';
import { temporaryStore } from './temporary.ts';

test('every row of a prefix comes once and in order, over page after page', async () => {
  const { store, destroy } = await temporaryStore();
  try {
    const rows = await openRows(store, new HmacAuthenticator());
    for (const [prefix, count] of [
      ['full/', 1000],
      ['more/', 1001],
      ['none', 0],
    ] as const) {
      const ids = Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(4, '0')}`);
      await rows.commit({ put: ids.map((id) => ({ table: 'setting', id, version: 1, value: {} })) });
      const found = await Array.fromAsync(scanAll<Stored<object>>(rows, 'setting', prefix), ({ id }) => id);
      assert.deepEqual(found, ids);
    }
  } finally {
    await destroy();
  }
});
