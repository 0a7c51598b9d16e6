/** What collectors make of a system: destroyed keys, backups, HSMs, places and people. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { reportText } from '../../src/cli/custody/text.ts';
import { type HsmCluster, noHsms } from '../../src/custody/collect/hsm-facts.ts';
import { reportPage } from '../../src/custody/html/page.ts';
import type { ReportPage } from '../../src/custody/report/report.ts';
import { recordExportReceipt } from '../../src/kms/export-receipts.ts';
import { importing } from '../kms/importing.ts';
import { ACCOUNT, startKms, type TestKms } from '../support/kms.ts';
import {
  approvals,
  backupAt,
  declare,
  type Given,
  HOST,
  hsmKey,
  inClusters,
  reporterOf,
  withCredential,
} from './collected.ts';
import { custodians, reportedCells } from './running.ts';

let kms: TestKms;
before(async () => {
  kms = await startKms();
  await withCredential(kms);
});
after(() => kms.stop());
const { request, emptyKey, importInto, pass, runJobs } = importing(() => kms);

const actors = ['staff', 'service-account', 'operator-as-one', 'thief-of-disk', 'thief-of-backup'];
const approved = `2 of ${custodians.length}`;
const everywhere = (cell: string) => actors.map(() => `${cell} / ${cell}`);
const newKey = async (): Promise<string> => (await kms.call('CreateKey')).KeyMetadata.Arn;
async function judged(subject: string, given: Given = {}) {
  const [found] = (await reporterOf(kms, given).about(subject)).subjects;
  assert.ok(found);
  return found;
}
const cells = async (subject: string, given: Given = {}) =>
  reportedCells(await judged(subject, given), actors);

test('case 2d: a destroyed key is nobody’s on record, once the last backup is gone and the store is erased', async () => {
  const arn = await newKey();
  const kept = backupAt(kms.clock.time);
  await kms.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
  await pass(8);
  await runJobs();
  assert.equal((await judged(arn)).state, 'Destroyed');
  const [thief] = (await cells(arn, { backups: [kept] })).slice(-1);
  assert.equal(thief, 'K / K');
  const { lineage } = await judged(arn, { backups: [kept] });
  assert.deepEqual([lineage[0]?.inBackups, lineage[0]?.outlivedByBackup], [[kept.id], true]);
  assert.match(
    reportText(await reporterOf(kms).about(arn), 400),
    /^ {2}could once have taken a copy: service-account, root$/m,
  );
  assert.deepEqual(await cells(arn), everywhere('nobody on record'));
  const deleted = { time: kms.clock.time, how: 'removed', entry: 'e' } as const;
  assert.deepEqual(await cells(arn, { backups: [{ ...kept, deleted }] }), everywhere('nobody on record'));
  const later = backupAt(kms.clock.time + 1);
  assert.deepEqual(await cells(arn, { backups: [later] }), everywhere('nobody on record'));
  const pending = await cells(arn, { sources: { erasurePending: async () => true } });
  assert.match(pending[1] ?? '', /^alone/);
  // By its id alone, too.
  assert.equal((await judged(arn.slice(-36))).name, arn);
});

test('a seal elsewhere, a moved folder, a listener for everybody: each changes what it should', async () => {
  const arn = await newKey();
  const backups = [backupAt(kms.clock.time)];
  const plain = await cells(arn, { backups });
  const seal = { path: '/stick/seal', inDataFolder: false, onDataDisk: false };
  const apart = await cells(arn, { backups, machine: { seal } });
  // It has a credential, and staff a way to the front.
  assert.deepEqual(apart, plain.with(3, 'K / K or X'));
  const sameDisk = await cells(arn, { backups, machine: { seal: { ...seal, onDataDisk: true } } });
  assert.deepEqual(sameDisk, plain);
  // Whoever steals the disk finds a credential, and calls.
  const reached = await cells(arn, { backups, machine: { seal, listensBeyondHost: true } });
  assert.deepEqual(reached, plain.with(3, 'K / alone'));
  const noFile = { seal, listensBeyondHost: true, accessKeysInFolder: [] };
  assert.deepEqual(await cells(arn, { backups, machine: noFile }), plain.with(3, 'K / K'));
});

test('staff makes itself credentials, unless somebody declares that each use is approved', async () => {
  const arn = await newKey();
  const use = async (given: Given) => (await cells(arn, given))[0];
  assert.equal(await use({ declared: [] }), 'O. / alone');
  assert.equal(await use({}), `O. / ${approved}`);
});

test('backups that hold the same are one place, and each is named', async () => {
  const arn = await newKey();
  const backups = [1, 2, 3].map((n) => backupAt(kms.clock.time + n));
  const { facts, lineage } = await judged(arn, { backups });
  const places = facts.flatMap((fact) =>
    fact.fact === 'place' && fact.kind === 'backup' ? [fact.place] : [],
  );
  assert.deepEqual(places, [`backup:${backups[0]?.id} and 2 like it`]);
  assert.deepEqual(
    lineage[0]?.inBackups,
    backups.map(({ id }) => id),
  );
});

const member = { id: 'hsm-1', host: HOST, user: 'lockholm-hsm', isUnlocked: true, onDataDisk: true };
const store = { id: 'cks-1', isConnected: true, passwordDiscarded: false, passwordSince: 0 };
const cluster: HsmCluster = {
  id: 'cluster-1',
  mode: 'attended',
  members: [member],
  backups: [{ id: 'backup-1', until: undefined, onDataDisk: true, sealOpens: false }],
  extractable: false,
  store,
};
const disconnected = { ...store, isConnected: false, passwordDiscarded: true };
const case5s = ['T. / T.', 'T / T', 'T / T', 'T / T', 'T / T'];

/** Beside `as`, a case has what makes it real: the account's access keys are in backups, whose thief needs K for them. */
for (const [name, given, backed, ...expected] of [
  ['4', cluster, true, `O or T. / ${approved}`, 'T / alone', 'alone / alone', 'T / alone', 'T / K or T'],
  [
    '4t',
    { ...cluster, members: [{ ...member, host: 'tenants', onDataDisk: false }] },
    true,
    ...[`T. / ${approved}`, 'T / alone', 'T / alone', 'T / alone', 'T / K or T'],
  ],
  [
    '5',
    { ...cluster, store: disconnected },
    true,
    'O or T. / O or T.',
    'T / T',
    'alone / alone',
    'T / T',
    'T / T',
  ],
  ['5s', { ...cluster, members: [{ ...member, isUnlocked: false }], store: disconnected }, true, ...case5s],
  [
    '4 without the HSM’s receipt',
    { ...cluster, store: { ...disconnected, passwordDiscarded: false } },
    false,
    'O or T. / O or T.',
    'T / alone',
    'alone / alone',
    'T / T',
    'T / T',
  ],
  [
    '7',
    { ...cluster, mode: 'unattended', backups: [{ ...cluster.backups[0], sealOpens: true }] },
    true,
    ...[`O. / ${approved}`, 'alone / alone', 'alone / alone', 'alone / alone', 'K or T / K or T'],
  ],
  [
    '5s, with a backup of unattended days',
    {
      ...cluster,
      members: [{ ...member, isUnlocked: false }],
      store: disconnected,
      backups: [{ ...cluster.backups[0], sealOpens: true }],
    },
    true,
    ...['O. / O.', 'alone / alone', 'alone / alone', 'alone / alone', 'K or T / K or T'],
  ],
] as const) {
  test(`case ${name}, as its HSMs tell it`, async () => {
    const arn = await hsmKey(kms);
    const backups = backed ? [backupAt(kms.clock.time)] : [];
    const machine = { listensBeyondHost: true };
    const declared = [...approvals, declare('root', { party: 'tenant', host: 'tenants' })];
    assert.deepEqual(
      await cells(arn, { hsm: inClusters(given as HsmCluster), backups, machine, declared }),
      expected,
    );
  });
}

const holders = [{ place: 'hsm:cluster-1', under: 'hsm-key' }] as const;
const fromHsm = (lineage: string, time: number) => ({
  clusterId: 'cluster-1',
  hsmId: 'hsm-1',
  lineage,
  time,
});

/** A key whose material an HSM wrapped out, with its receipt. */
async function importedFromHsm(lineage: string): Promise<string> {
  const { KeyId } = await emptyKey();
  const input = await request(KeyId, randomBytes(32));
  const wrappedHash = createHash('sha256').update(input.EncryptedKeyMaterial).digest('hex');
  const publicKeyHash = Buffer.from(input.ImportToken).toString('hex', 11, 43);
  await kms.rows.commit(
    await recordExportReceipt(kms.rows, ACCOUNT, wrappedHash, {
      publicKeyHash,
      holders,
      signed: 'c2ln',
      from: fromHsm(lineage, 1),
    }),
  );
  await kms.call('ImportKeyMaterial', input);
  return KeyId;
}

test('case 6: made in an HSM, wrapped out, imported, with the HSM’s receipt', async () => {
  const KeyId = await importedFromHsm('lineage-6');
  const kept = { ...cluster, members: [], extractable: true, store: undefined };
  const hsm = { ...noHsms, holding: async () => [kept] };
  const backups = [backupAt(kms.clock.time)];
  const expected = ['O. / ', 'alone / alone', 'alone / alone', 'alone / alone', 'K or T / K or T'];
  assert.deepEqual(await cells(KeyId, { hsm, backups }), expected.with(0, `O. / ${approved}`));
  assert.deepEqual((await judged(KeyId, { hsm })).arrangements, ['HSM key exported to KMS']);
  const report = await reporterOf(kms, { hsm }).about(KeyId);
  for (const shown of [reportText(report, 400), reportPage(report)])
    assert.match(shown, /imported \S+Z from HSM hsm-1 of cluster-1, by its receipt for .* [0-9a-f]{64}/);
  // Of HSMs that this server does not know, nobody can say who has what they hold.
  assert.match((await cells(KeyId, { backups }))[0] ?? '', /^O or not known/);
  await kms.call('DeleteImportedKeyMaterial', { KeyId });
  assert.deepEqual(await cells(KeyId, { hsm }), ['T. / T.', 'T / T', 'T / T', 'T / T', 'T / T']);
});

test('what also left the HSM under a key of nobody knows whom is with whoever has that key', async () => {
  const KeyId = await importedFromHsm('lineage-7');
  const hsm = {
    ...noHsms,
    holding: async () => [{ ...cluster, members: [], extractable: true, store: undefined }],
  };
  const receipt = { publicKeyHash: 'ab'.repeat(32), holders, signed: 'c2ln', from: fromHsm('lineage-7', 2) };
  await kms.rows.commit(await recordExportReceipt(kms.rows, ACCOUNT, 'cd'.repeat(32), receipt));
  assert.match((await cells(KeyId, { hsm }))[0] ?? '', /^O or not known/);
  await kms.call('DeleteImportedKeyMaterial', { KeyId });
  assert.match((await cells(KeyId, { hsm }))[0] ?? '', /not known/);
});

test('the same material in two keys is named in both', async () => {
  const material = randomBytes(32);
  const [a, b] = [await emptyKey(), await emptyKey()];
  await importInto(a.KeyId, material);
  await importInto(b.KeyId, material);
  const { lineage } = await judged(a.KeyId);
  assert.match(lineage[0]?.sameAs.join() ?? '', new RegExp(`^eu-central-1/${b.KeyId}/[0-9a-f]{64}$`));
});

test('a report of everything names each subject once, however small its pages: keys, then destroyed ones', async () => {
  const destroyed = await newKey();
  await kms.call('ScheduleKeyDeletion', { KeyId: destroyed, PendingWindowInDays: 7 });
  await pass(8);
  await runJobs();
  const all = async (limit: number) => {
    const names: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: ReportPage = await reporterOf(kms).page(cursor, limit);
      names.push(...[...page.subjects, ...page.omitted].map(({ name }) => name));
      cursor = page.next;
    }
    return names;
  };
  const [names, byOne] = [await all(100), await all(1)];
  assert.deepEqual(byOne, names);
  assert.equal(new Set(names).size, names.length);
  const states = await Promise.all(names.slice(-2).map(async (name) => (await judged(name)).state));
  assert.deepEqual([names.includes(destroyed), states], [true, ['Destroyed', 'Destroyed']]);
});
