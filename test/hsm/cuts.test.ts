import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encodeValue } from '../../src/hsm/objects.ts';
import { modes } from '../../src/hsm/protocol/values.ts';
import type { Session } from '../../src/hsm/sessions.ts';
import { readSlot } from '../../src/hsm/store/superblock.ts';
import { cutFolder, LocalHsm, type LocalPlan } from '../support/hsm-cuts.ts';

const root = cutFolder();
after(() => rmSync(root, { recursive: true, force: true }));
const ADMIN: Session = { user: 'admin', role: 'admin', version: '', end: () => undefined };

const folder = (): string => join(root, randomBytes(4).toString('hex'));

/** What starts from each cut, and ends. */
async function fromEach(
  plans: readonly LocalPlan[],
  look: (hsm: LocalHsm, at: number) => unknown,
): Promise<void> {
  assert.ok(plans.length > 1);
  for (const [at, plan] of plans.entries()) {
    const hsm = await new LocalHsm(plan).start();
    try {
      await look(hsm, at);
    } finally {
      hsm.machine.stop();
      hsm.drop();
    }
  }
}

async function active(plan: Partial<LocalPlan> = {}): Promise<{ hsm: LocalHsm; code: string }> {
  const hsm = await new LocalHsm({ folder: folder(), ...plan }).start();
  return { hsm, code: await hsm.activate() };
}

const opens = (hsm: LocalHsm, code: string): Promise<boolean> =>
  hsm.machine.unlock(code).then(
    () => true,
    () => false,
  );

test('wherever setMode is cut, an HSM that says attended is not opened by the seal of the server', async () => {
  const { hsm, code } = await active({ mode: 'unattended' });
  const plans = await hsm.cuts(async () => hsm.cluster.setMode({ mode: modes.indexOf('attended') }, ADMIN));
  const seen = new Set<string>();
  await fromEach(plans, async ({ machine }, at) => {
    seen.add(`${modes[machine.mode]} ${machine.state}`);
    if (machine.state === 'locked') await machine.unlock(code);
    assert.equal(machine.state, 'active', `cut ${at}`);
  });
  assert.deepEqual([...seen], ['unattended active', 'attended locked']);
  hsm.drop();
});

test('wherever a change of mode by another member is cut, it counts at the next start', async () => {
  const { hsm, code } = await active({ mode: 'unattended' });
  const { vault } = hsm.machine.unlocked.hsm;
  const [cluster] = vault.lacking(new Map()).filter(({ id }) => id === 'cluster');
  assert.ok(cluster);
  const changed = encodeValue('cluster', { ...hsm.machine.unlocked.hsm.cluster, mode: 0 });
  const plans = await hsm.cuts(async () => {
    vault.receive({ ...cluster, origin: 'hsm-other234567', sequence: 1, clock: 1000, content: changed });
    hsm.machine.clusterChanged();
  });
  await fromEach(plans.slice(1), async ({ machine }, at) => {
    assert.equal(`${modes[machine.mode]} ${machine.state}`, 'attended locked', `cut ${at}`);
    await machine.unlock(code);
    assert.equal(machine.state, 'active');
  });
  hsm.drop();
});

test('wherever replaceUnlockCode is cut the old code opens, and until it is confirmed', async () => {
  const { hsm, code } = await active();
  const codes: string[] = [];
  const replace = async () => codes.push((await hsm.cluster.replaceUnlockCode({}, ADMIN)).unlockCode);
  await fromEach(await hsm.cuts(replace), async (cut, at) => {
    assert.equal(cut.machine.state, 'locked');
    assert.ok(await opens(cut, code), `cut ${at}`);
  });
  // A reply was lost: the code that nobody has opens nothing any more.
  await fromEach(await hsm.cuts(replace), async (cut, at) => assert.ok(await opens(cut, code), `cut ${at}`));
  const [lost = '', made = ''] = codes;
  await assert.rejects(async () => hsm.cluster.confirmUnlockCode({ code: lost }, ADMIN), {
    code: 'wrong-credential',
  });
  const confirmed = await hsm.cuts(async () => hsm.cluster.confirmUnlockCode({ code: made }, ADMIN));
  await fromEach(confirmed, async (cut, at) => assert.ok(await opens(cut, made), `cut ${at}`));
  await fromEach(confirmed.slice(-2), async (cut) => {
    assert.equal(await opens(cut, code), false);
    assert.equal(await opens(cut, lost), false);
    assert.ok(await opens(cut, made));
  });
  hsm.drop();
});

test('wherever the confirmation of a code is cut, an HSM that knows of it is not opened by the old one', async () => {
  const { hsm, code } = await active();
  const { unlockCode } = await hsm.cluster.replaceUnlockCode({}, ADMIN);
  const plans = await hsm.cuts(async () => hsm.cluster.confirmUnlockCode({ code: unlockCode }, ADMIN));
  await fromEach(plans, async (cut, at) => {
    if (await opens(cut, code))
      assert.equal(cut.machine.unlocked.hsm.cluster.formerUnlockKey.length, 32, `cut ${at}`);
    else assert.ok(await opens(cut, unlockCode));
  });
  hsm.drop();
});

test('wherever initialize is cut, an HSM that is initialized shows the certificate of its cluster', async () => {
  const hsm = await new LocalHsm({ folder: folder() }).start();
  const plans = await hsm.cuts(() => hsm.initialize());
  const seen = new Set<string>();
  await fromEach(plans, ({ machine }) => {
    seen.add(`${machine.state} ${machine.tlsFace().use}`);
  });
  assert.deepEqual([...seen], ['uninitialized self', 'initialized active']);
  hsm.drop();
});

test('wherever a store is cut while it is written anew, the next start ends what was to be erased', async () => {
  const { hsm, code } = await active({ mode: 'unattended' });
  const plans = await hsm.cuts(async () => hsm.cluster.setMode({ mode: modes.indexOf('attended') }, ADMIN));
  await fromEach(plans, async (cut, at) => {
    if (cut.machine.state === 'locked') await cut.machine.unlock(code);
    const { facts } = cut.machine.unlocked.hsm.vault.store;
    const before = readFileSync(cut.path('log')).subarray(0, facts?.log.start);
    assert.ok(
      before.every((byte) => byte === 0),
      `cut ${at}`,
    );
    const slots = (['slot-a', 'slot-b'] as const).map((name) => openSync(cut.path(name), 'r'));
    for (const slot of slots) assert.equal(readSlot(slot)?.log.start, facts?.log.start, `cut ${at}`);
    for (const slot of slots) closeSync(slot);
  });
  hsm.drop();
});
