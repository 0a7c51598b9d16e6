import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hsmFlags } from '../../src/server/sandbox.ts';
import { HostedHsm } from '../support/hsm-host.ts';
import { assertAllRefused, probeFlags } from '../support/sandbox-outcome.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockholm-hsm-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const probe = join(import.meta.dirname, '..', 'support', 'hsm-sandbox-probe.ts');
const plan = {
  hsmId: 'hsm-probe234567',
  clusterId: 'cluster-abcdefghijk',
  folder,
  beginning: 'first',
} as const;

test('an HSM that runs can open no file, socket, process, worker or database', async () => {
  await assertAllRefused(new HostedHsm({ ...plan, program: probe }).spawn(probeFlags(probe)));
});

test('the flags allow nothing but reading the source of an HSM and of its packages', () => {
  const flags = hsmFlags();
  assert.deepEqual(flags.slice(0, 2), ['--permission', '--no-experimental-sqlite']);
  const readable = flags.slice(2).map((flag) => flag.replace('--allow-fs-read=', ''));
  for (const path of readable) {
    assert.match(path, /\/(?:src\/(?:core|engine|hsm)|package\.json|node_modules\/[@a-z0-9/-]+)$/);
  }
  assert.equal(readable.filter((path) => path.includes('/src/')).length, 3);
});

test('an HSM ends with its host', { skip: existsSync('/proc/self') ? false : 'needs /proc' }, async () => {
  const hsm = new HostedHsm(plan);
  await hsm.start();
  const { pid } = hsm;
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  assert.deepEqual(
    environment.filter((entry) => !entry.startsWith('NODE_CHANNEL_')),
    [],
  );
  await hsm.stop();
  assert.ok(!existsSync(`/proc/${pid}`));
});
