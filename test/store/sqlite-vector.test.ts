import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { temporaryFolder } from './temporary.ts';

const vectors = join(import.meta.dirname, '..', 'vectors', 'store');
const migrations = join(import.meta.dirname, '..', '..', 'src', 'store', 'sqlite', 'migrations');
const key = (n: number) => `000000000000/eu-central-1/key-${n}`;
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

describe('stores that an earlier Lockholm wrote', () => {
  it('are kept as vectors, one for each schema', () => {
    const schemas = readdirSync(migrations).map((_, i) => `schema-${i + 1}.db`);
    assert.deepEqual(readdirSync(vectors).toSorted(), schemas.toSorted());
  });

  for (const name of readdirSync(vectors)) {
    it(`are read: ${name}`, async () => {
      const folder = await temporaryFolder();
      const path = join(folder.path, name);
      copyFileSync(join(vectors, name), path);
      chmodSync(path, 0o600);
      const store = await openSqliteStore(path);
      try {
        const domain = await store.get('domain', 'state');
        assert.deepEqual([...(domain?.content ?? [])], [0, 1, 254, 255]);
        assert.equal(domain?.mac.length, 0);
        const keys = await store.scan('key', '000000000000/', { limit: 10 });
        assert.deepEqual(
          keys.map(({ id, version, content, mac }) => [id, version, text(content), text(mac)]),
          [[key(1), 2, '{"name":"schlüssel 🔑"}', 'mac 3']],
        );
        const outbox = await store.outbox(10);
        assert.deepEqual(
          outbox.map(({ id, envelope, body, mac }) => [id, text(envelope), text(body), text(mac)]),
          [['event-2', '{"n":2}', 'body 2', name === 'schema-1.db' ? '' : 'mac of event 2']],
        );
        assert.equal(await store.position(), '3');
        assert.deepEqual(
          (await store.changes('1', 10)).map(({ position, table, id, version }) => [
            position,
            table,
            id,
            version,
          ]),
          [
            ['2', 'key', key(1), 1],
            ['2', 'key', key(2), 1],
            ['3', 'key', key(1), 2],
            ['3', 'key', key(2), 0],
          ],
        );
        assert.equal((await store.commit({})).position, '4');
      } finally {
        await store.close();
        await folder.remove();
      }
    });
  }
});
