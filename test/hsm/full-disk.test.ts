import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { after, test } from 'node:test';
import { refusal, TestCluster } from '../support/hsm-cluster.ts';

const cluster = new TestCluster();
after(() => cluster.remove());
const skip = existsSync('/usr/bin/prlimit') ? false : 'needs prlimit';

test('without room keys are used and none is made, and nothing is half there afterwards', {
  skip,
}, async () => {
  const hsm = await cluster.active({ mode: 'unattended' });
  const alice = await cluster.login(hsm);
  const made = { label: 'k', usage: 0, extractable: false };
  const { key } = await alice.call('generateKey', made);
  const limit = (bytes: number | 'unlimited') =>
    execFileSync('prlimit', ['--pid', String(hsm.pid), `--fsize=${bytes}:unlimited`]);
  const sizes = (['log', 'audit', 'slot-a'] as const).map((name) => statSync(hsm.path(name)).size);
  const [log = 0, audit = 0, slot = 0] = sizes;
  for (const bytes of [log + 1, audit + 1, slot - 1]) {
    limit(bytes);
    assert.equal(await refusal(alice.call('generateKey', made)), 'full', String(bytes));
    await alice.call('encrypt', { handle: key.handle, plaintext: Buffer.from('x'), aad: Buffer.alloc(0) });
  }
  limit('unlimited');
  await alice.call('generateKey', made);
  await hsm.stop();
  await hsm.start();
  const { state, keys } = await hsm.describe();
  assert.deepEqual([state, keys], ['active', 2]);
});
