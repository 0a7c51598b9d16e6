/**
 * Commits rows `<prefix>/<n>` with events of the same name, eight at a time, and writes each name to standard
 * output once its commit was answered: until it is killed, or a commit fails, whose code it writes as `!code`.
 */
import { writeSync } from 'node:fs';
import { StoreError } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';

const [, , path = '', prefix = '', size = '100'] = process.argv;
const store = await openSqliteStore(path);
const content = Buffer.alloc(Number(size), 'x');
const bytes = Buffer.from('b');
let n = 0;
let failed = false;

async function loop(): Promise<void> {
  while (!failed) {
    const id = `${prefix}/${n++}`;
    const put = [{ table: 'key', id, version: 1, content, mac: bytes }] as const;
    await store.commit({ put, event: { id, envelope: bytes, body: bytes, mac: bytes } });
    writeSync(1, `${id}\n`);
  }
}

try {
  await Promise.all(Array.from({ length: 8 }, loop));
} catch (error) {
  failed = true;
  const code = error instanceof StoreError ? error.code : String(error);
  // Whatever failed first, a later call is answered too: it must not hang.
  const later = await store.get('key', `${prefix}/0`).then(
    () => 'answered',
    (again) => (again instanceof StoreError ? again.code : String(again)),
  );
  writeSync(1, `!${code} ${later}\n`);
  await store.close().catch(() => {});
}
