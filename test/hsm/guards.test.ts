import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readAuditLine } from '../../src/hsm/protocol/audit.ts';
import type { Mode } from '../../src/hsm/protocol/values.ts';
import { printCode } from '../../src/hsm/unlock-code.ts';
import { cutFolder, LocalHsm } from '../support/hsm-cuts.ts';

const root = cutFolder();
after(() => rmSync(root, { recursive: true, force: true }));
const folder = (): string => join(root, randomBytes(4).toString('hex'));

async function again(hsm: LocalHsm): Promise<LocalHsm> {
  hsm.machine.stop();
  hsm.drop();
  return new LocalHsm({ ...hsm.plan, mark: hsm.mark }).start();
}

test('wrong unlock codes of strangers are counted, not written down one by one', async () => {
  const first = await new LocalHsm({ folder: folder() }).start();
  const code = await first.activate();
  const hsm = await again(first);
  for (let i = 0; i < 50; i += 1) {
    const wrong = printCode(randomBytes(16));
    await assert.rejects(hsm.machine.unlock(wrong), { code: 'wrong-credential' });
  }
  await hsm.machine.unlock(code);
  const unlocks = (hsm.machine.audit?.read(1, 500) ?? [])
    .map((line) => readAuditLine(line))
    .filter((entry) => entry?.opcode === 'UNLOCK');
  assert.deepEqual(
    unlocks.map((entry) => [entry?.result, entry?.details?.wrong]),
    [
      ['wrong-credential', 1],
      ['wrong-credential', 49],
      ['ok', undefined],
    ],
  );
  hsm.drop();
});

test('a mode that there is not counts as none', async () => {
  const hsm = new LocalHsm({ folder: folder(), mode: 'other' as Mode });
  await assert.rejects(hsm.start(), { code: 'refused' });
  hsm.drop();
  const next = await new LocalHsm({ folder: folder(), mode: 'unattended' }).start();
  await next.activate();
  const { vault } = next.machine.unlocked.hsm;
  vault.draft('cluster', 'cluster', { ...next.machine.unlocked.hsm.cluster, mode: 7 });
  next.machine.clusterChanged();
  assert.equal((await again(next)).machine.state, 'locked');
});

test('an HSM that is erased while it is activated stays erased', async () => {
  const hsm = await new LocalHsm({ folder: folder() }).start();
  await hsm.initialize();
  const activation = hsm.machine.activate('admin', 'admin-password');
  hsm.machine.zeroize('in a test');
  await assert.rejects(activation, { code: 'state' });
  assert.deepEqual([hsm.machine.state, statSync(hsm.path('log')).size], ['zeroized', 0]);
  assert.equal((await again(hsm)).machine.state, 'zeroized');
});

test('an altered superblock does not say what the answer to it is', async () => {
  const first = await new LocalHsm({ folder: folder(), mode: 'unattended' }).start();
  await first.activate();
  first.machine.stop();
  first.drop();
  for (const name of ['slot-a', 'slot-b'] as const) {
    const slot = readFileSync(first.path(name));
    const body = slot.subarray(0, slot.length - 32);
    // version, generation, two texts, mode
    const clusterAt = 12 + 1 + 8;
    const hsmAt = clusterAt + 4 + body.readUInt32BE(clusterAt);
    const answerAt = hsmAt + 4 + body.readUInt32BE(hsmAt) + 1;
    assert.equal(body[answerAt], 0);
    body[answerAt] = 1;
    writeFileSync(first.path(name), Buffer.concat([body, createHash('sha256').update(body).digest()]));
  }
  const hsm = await new LocalHsm({ ...first.plan, mark: first.mark }).start();
  assert.equal(hsm.machine.state, 'halted');
  hsm.drop();
});

test('what is cut off the end of the audit log is missed, though nothing else was stored since', async () => {
  const first = await new LocalHsm({ folder: folder(), mode: 'unattended' }).start();
  await first.activate();
  first.machine.audit?.write('LOGIN', { user: 'admin' });
  const { size } = statSync(first.path('audit'));
  first.machine.stop();
  first.drop();
  truncateSync(first.path('audit'), size);
  const hsm = await new LocalHsm({ ...first.plan, mark: first.mark }).start();
  assert.equal(hsm.machine.state, 'halted');
  hsm.drop();
});
