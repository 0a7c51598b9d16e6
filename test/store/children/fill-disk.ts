/**
 * Run with a folder on a tiny file system: fills it, and shows that a full disk refuses commits, keeps what was
 * answered, and is over once there is space again. Prints one line of JSON.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';

const folder = process.argv[2] ?? '';
const ballast = join(folder, 'ballast');
writeFileSync(ballast, Buffer.alloc(1024 * 1024, 1));
const store = await openSqliteStore(join(folder, 'store.db'));
const row = (id: string) => ({
  table: 'key' as const,
  id,
  version: 1,
  content: Buffer.alloc(20_000, id),
  mac: Buffer.from('m'),
});

const answered: string[] = [];
const codes = new Set<string>();
for (let i = 0; codes.size === 0; i += 4) {
  const group = [i, i + 1, i + 2, i + 3].map(async (n) => {
    await store.commit({ put: [row(`r${n}`)] });
    answered.push(`r${n}`);
  });
  for (const outcome of await Promise.allSettled(group))
    if (outcome.status === 'rejected')
      codes.add(outcome.reason instanceof StoreError ? outcome.reason.code : String(outcome.reason));
}
const readable = (await store.get('key', 'r0'))?.version;
rmSync(ballast);
await store.commit({ put: [row('after')] });
answered.push('after');
await store.close();

const again = await openSqliteStore(join(folder, 'store.db'));
const found = new Set((await again.scan('key', '', { limit: 100_000 })).map(({ id }) => id));
await again.close();
const lost = answered.filter((id) => !found.has(id));
console.log(JSON.stringify({ answered: answered.length, codes: [...codes], readable, lost }));
