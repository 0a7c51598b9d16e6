import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { HsmHosting } from '../../src/server/hsm-hosting.ts';

test('a stop that waits for HSMs waits no more when it is hurried', { timeout: 30_000 }, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'lockholm-hosting-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const paired = Promise.withResolvers<Socket>();
  const hosting = new HsmHosting({
    data,
    sealFile: join(data, 'seal'),
    onPair: paired.resolve,
    onFatal: (message) => paired.reject(new Error(message)),
    log: () => undefined,
    backoff: { firstMs: 10, capMs: 10, stableMs: 60_000 },
  });
  hosting.requestPair();
  t.after(() => hosting.hurry());
  (await paired.promise).destroy();
  const host = hosting.pid ?? 0;
  process.kill(host, 'SIGSTOP');
  // Far beyond this test's own time.
  const stopped = hosting.stop(600_000);
  hosting.hurry();
  await stopped;
  assert.throws(() => process.kill(host, 0), { code: 'ESRCH' });
});
