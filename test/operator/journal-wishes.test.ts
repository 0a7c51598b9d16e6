import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalEntry } from '../../src/audit/contract.ts';
import { readWishes } from '../../src/operator/backup/journal-wishes.ts';
import { event, keyArn } from '../audit/sample.ts';

test('an event says nothing by a name that only JavaScript’s objects have', async () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'DisableKey'];
  async function* read(): AsyncGenerator<JournalEntry> {
    for (const [index, name] of names.entries()) yield { ...event({ name }), index };
  }
  const wishes = await readWishes({ read }, 0);
  assert.deepEqual([...wishes.keys.keys()], [keyArn()]);
});
