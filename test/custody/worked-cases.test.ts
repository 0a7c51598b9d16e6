/** The table of docs/custody.md, "Worked cases": each cell, exactly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Subject } from '../../src/custody/judge.ts';
import { type Arrangement, arrange, cluster, custodians, KEY, OBJECT } from './arrangement.ts';
import { cellsOf } from './cells.ts';

const actors = ['staff', 'service-account', 'operator-as-one', 'thief-of-disk', 'thief-of-backup'] as const;

/** As the page has it: material / use for each of the actors. */
type Case = readonly [name: string, arrangement: Partial<Arrangement>, ...cells: readonly string[]];

const tenantsCluster = { ...cluster, host: 'tenant' } as const;
const disconnected = { ...cluster, connected: false } as const;
const stopped = { ...disconnected, state: 'stopped' } as const;
const inHsm = { inKms: 'never' } as const;
const exported = { ...cluster, connected: false, state: 'deleted, backup kept' } as const;

const case2 = ['O. / k of n', 'alone / alone', 'alone / alone', 'alone / alone', 'K / K'];
const case2p = ['O. / k of n', 'alone / alone', 'alone / alone', 'K / alone', 'K / K'];
const case5 = ['O or T. / O or T.', 'T / T', 'alone / alone', 'T / T', 'T / T'];
const case5s = ['T. / T.', 'T / T', 'T / T', 'T / T', 'T / T'];
const case6 = ['O. / k of n', 'alone / alone', 'alone / alone', 'alone / alone', 'K or T / K or T'];
const everywhere = (cell: string) => actors.map(() => `${cell} / ${cell}`);

const cases: readonly Case[] = [
  ['1', { sse: 's3' }, ...case2],
  ['2', {}, ...case2],
  ['2p, passphrase', { seal: 'passphrase' }, ...case2p],
  ['2p, quorum', { seal: 'quorum' }, ...case2p],
  [
    '2p without the credentials file',
    { seal: 'passphrase', credentialsFile: false },
    ...case2p.with(3, 'K / K'),
  ],
  ['2t', { seal: 'tenant' }, 'O. / k of n', 'alone / alone', 'alone / alone', 'T / alone', 'T / T'],
  [
    '2t without the credentials file',
    { seal: 'tenant', credentialsFile: false },
    ...['O. / k of n', 'alone / alone', 'alone / alone', 'T / T', 'T / T'],
  ],
  ['2s', { seal: 'tenant', running: false }, 'T. / T.', 'T / T', 'T / T', 'T / T', 'T / T'],
  [
    '3',
    { inKms: 'imported' },
    ...['O or not known / k of n', 'alone / alone', 'alone / alone', 'alone / alone', 'K / K'],
  ],
  [
    '4',
    { ...inHsm, hsm: cluster },
    ...['O or T. / k of n', 'T / alone', 'alone / alone', 'T / alone', 'T / T'],
  ],
  [
    '4t',
    { ...inHsm, hsm: tenantsCluster },
    ...['T. / k of n', 'T / alone', 'T / alone', 'T / alone', 'T / T'],
  ],
  ['5', { ...inHsm, hsm: disconnected }, ...case5],
  ['5s', { ...inHsm, hsm: stopped }, ...case5s],
  ['5s: 4t, disconnected', { ...inHsm, hsm: { ...tenantsCluster, connected: false } }, ...case5s],
  ['6', { inKms: 'imported with receipt', hsm: exported }, ...case6],
  ['7', { ...inHsm, hsm: { ...cluster, mode: 'unattended' } }, ...case6],
  ['9, on the operator’s machine', { ...inHsm, hsm: disconnected, backups: false }, ...case5],
  [
    '9, on the tenant’s machine',
    { ...inHsm, hsm: { ...tenantsCluster, connected: false }, backups: false },
    ...case5s,
  ],
  ['2d', { deleted: true, backups: false }, ...everywhere('nobody on record')],
  ['3d', { inKms: 'imported', deleted: true, backups: false }, ...everywhere('not known')],
  [
    '3d, the tenant holds the only copy',
    { inKms: 'imported', deleted: true, backups: false, sole: true },
    ...everywhere('T.'),
  ],
  [
    '3d, with a receipt',
    {
      inKms: 'imported with receipt',
      deleted: true,
      backups: false,
      hsm: { ...tenantsCluster, connected: false, noBackup: true },
    },
    ...everywhere('T.'),
  ],
];

for (const [name, arrangement, ...cells] of cases) {
  test(`case ${name}`, () => {
    const subjects: readonly Subject[] = [{ key: KEY }, { object: OBJECT }];
    for (const subject of subjects) {
      const table = cellsOf(arrange(arrangement), subject);
      assert.deepEqual(
        actors.map((actor) => `${table.get(`${actor} M`)} / ${table.get(`${actor} U`)}`),
        cells.map((cell) => cell.replace('k of n', `2 of ${custodians.length}`)),
      );
    }
  });
}

test('every arrangement of the table has its case', () => {
  const numbers = new Set(cases.map(([name]) => name.split(/[ ,:]/)[0]));
  assert.deepEqual(
    [...numbers],
    ['1', '2', '2p', '2t', '2s', '3', '4', '4t', '5', '5s', '6', '7', '9', '2d', '3d'],
  );
});

test('plaintext passes the operator wherever its front serves the data', () => {
  for (const hsm of [undefined, cluster, tenantsCluster]) {
    const table = cellsOf(arrange(hsm ? { ...inHsm, hsm } : {}));
    assert.equal(table.get('operator-as-one P'), 'alone');
  }
});
