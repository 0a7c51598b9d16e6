import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Engine } from '../../src/engine/protocol/messages.ts';
import { engineAuthenticator } from '../../src/store/engine-authenticator.ts';
import { openRows } from '../../src/store/rows.ts';
import { RowError } from '../../src/store/rows-contract.ts';
import { startEngines, type TestEngines } from '../support/engines.ts';
import { temporaryStore } from './temporary.ts';

describe('rows authenticated by the engine', () => {
  let engines: TestEngines;
  let calls = 0;
  let engine: Engine;
  before(async () => {
    engines = await startEngines();
    engine = {
      get session() {
        return engines.engine.session;
      },
      call(name, request) {
        calls += 1;
        return engines.engine.call(name, request);
      },
    };
  });
  after(() => engines.stop());

  const row = (id: string, size = 100) => ({
    table: 'key' as const,
    id,
    version: 1,
    content: Buffer.alloc(size, id),
  });

  it('answers for each row in order, those of one turn by one message', async () => {
    const authenticator = engineAuthenticator(engine);
    calls = 0;
    const asked = Array.from({ length: 40 }, (_, i) =>
      authenticator.authenticate([row(`a${i}`), row(`b${i}`)]),
    );
    const macs = await Promise.all(asked);
    assert.equal(calls, 1);
    const rows = macs.flatMap(([a, b], i) => [
      { ...row(`a${i}`), mac: a ?? Buffer.of() },
      { ...row(`b${i}`), mac: b ?? Buffer.of() },
    ]);
    const altered = rows.map((each, i) => (i % 7 === 0 ? { ...each, version: 2 } : each));
    assert.deepEqual(
      await authenticator.verify(altered),
      rows.map((_, i) => i % 7 !== 0),
    );
    assert.equal(calls, 2);
  });

  it('splits what does not fit into one message', async () => {
    const authenticator = engineAuthenticator(engine);
    const rows = [row('x', 600_000), row('y', 400_000), row('z', 200_000), row('w', 10)];
    const macs = await authenticator.authenticate(rows);
    const valid = await authenticator.verify(
      rows.map((each, i) => ({ ...each, mac: macs[i] ?? Buffer.of() })),
    );
    assert.deepEqual(valid, [true, true, true, true]);
  });

  it('refuses a row that was edited in the database', async () => {
    const opened = await temporaryStore();
    try {
      const rows = await openRows(opened.store, engineAuthenticator(engine));
      await rows.commit({ put: [{ table: 'key', id: 'k', version: 1, value: { state: 'Disabled' } }] });
      const stored = await opened.store.get('key', 'k');
      assert(stored);
      await opened.store.commit({
        put: [{ ...stored, version: 2, content: Buffer.from('{"state":"Enabled"}') }],
      });
      const fresh = await openRows(opened.store, engineAuthenticator(engine));
      await assert.rejects(fresh.get('key', 'k'), RowError);
    } finally {
      await opened.destroy();
    }
  });
});
