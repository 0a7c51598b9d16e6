/** One fact changed changes the cells that rest on it and no others: whole tables are compared, all actors. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bare, Fact, Facts } from '../../src/custody/facts.ts';
import { type Arrangement, arrange, cluster, custodians, type Hsm } from './arrangement.ts';
import { cellsOf, changes } from './cells.ts';

type Expected = Readonly<Record<string, readonly [string, string]>>;

const hsm = (change: Partial<Hsm> = {}): Facts => arrange({ inKms: 'never', hsm: { ...cluster, ...change } });
const disconnected = { connected: false } as const;
const exported = { ...cluster, connected: false, state: 'deleted, backup kept' } as const;

const declared = (...facts: readonly Bare[]): readonly Fact[] =>
  facts.map((fact) => ({ ...fact, basis: { basis: 'declared', by: 'counsel', at: '2026-11-01' } }) as Fact);
const also = ({ at, facts }: Facts, ...more: readonly Bare[]): Facts => ({
  at,
  facts: [...facts, ...declared(...more)],
});
const law = (party: string, name: string): Bare => ({ fact: 'law', party, law: name });

/** The same change for each of several actors. */
const each = (actors: readonly string[], question: string, change: readonly [string, string]): Expected =>
  Object.fromEntries(actors.map((actor) => [`${actor} ${question}`, change]));
const bystanders = ['keeper', ...custodians];
const operators = ['operator-as-one', 'root'];
const thieves = ['thief-of-disk', 'thief-of-backup'];

const operatorsLaw = also(
  arrange({}),
  ...['staff', 'service-account', 'root', 'keeper', ...custodians].map((party) => law(party, 'us')),
  law('tenant', 'de'),
);
const hosted = also(
  arrange({ seal: 'passphrase', credentialsFile: false }),
  { fact: 'party', party: 'hoster', kind: 'host-provider', owner: 'hoster' },
  { fact: 'provider', party: 'hoster', host: 'host' },
);
const simple = (change: Partial<Arrangement>) => arrange(change);

const flips: readonly (readonly [name: string, before: Facts, after: Facts, expected: Expected])[] = [
  ['seal', simple({}), simple({ seal: 'passphrase' }), { 'thief-of-disk M': ['alone', 'K'] }],
  [
    'credentials file',
    simple({ seal: 'passphrase' }),
    simple({ seal: 'passphrase', credentialsFile: false }),
    { 'thief-of-disk U': ['alone', 'K'] },
  ],
  ['credentials file beside a file seal', simple({}), simple({ credentialsFile: false }), {}],
  [
    'mode',
    hsm(),
    hsm({ mode: 'unattended' }),
    {
      ...each(['staff', ...bystanders], 'M', ['O or T.', 'O.']),
      'service-account M': ['T', 'alone'],
      'tenant M': ['O', 'O.'],
      'thief-of-disk M': ['T', 'alone'],
      ...each(['thief-of-backup'], 'M', ['T', 'K or T']),
      ...each(['thief-of-backup'], 'U', ['T', 'K or T']),
    },
  ],
  [
    'connection',
    hsm(),
    hsm(disconnected),
    {
      'staff U': ['2 of 3', 'O or T.'],
      'service-account U': ['alone', 'T'],
      'keeper U': ['O or X or T.', 'O or T.'],
      ...each(custodians, 'U', ['X', 'O or T.']),
      'thief-of-disk U': ['alone', 'T'],
    },
  ],
  [
    'host',
    hsm(),
    hsm({ host: 'tenant' }),
    {
      ...each(operators, 'M', ['alone', 'T']),
      ...each(['staff', ...bystanders], 'M', ['O or T.', 'T.']),
      ...each(['staff', ...bystanders, ...thieves], 'P', ['O.', 'O or T.']),
      'tenant M': ['O', 'alone'],
      'tenant P': ['O.', 'alone'],
    },
  ],
  [
    'lock',
    hsm(disconnected),
    hsm({ ...disconnected, state: 'stopped' }),
    {
      ...each(operators, 'M', ['alone', 'T']),
      ...each(operators, 'U', ['alone', 'T']),
      ...each(['staff', ...bystanders], 'M', ['O or T.', 'T.']),
      ...each(['staff', ...bystanders], 'U', ['O or T.', 'T.']),
      'tenant U': ['alone', 'O'],
    },
  ],
  [
    'extractable',
    hsm(),
    hsm({ extractable: true }),
    { 'service-account M': ['T', 'alone'], 'tenant M': ['O', 'alone'] },
  ],
  [
    'OS user',
    hsm(),
    hsm({ user: 'shared' }),
    {
      ...each(['staff', ...bystanders], 'M', ['O or T.', 'O.']),
      'service-account M': ['T', 'alone'],
      'tenant M': ['O', 'O.'],
    },
  ],
  [
    'export',
    simple({ inKms: 'never', hsm: exported }),
    simple({ inKms: 'imported with receipt', hsm: exported }),
    {
      ...each([...operators, 'service-account', 'thief-of-disk'], 'M', ['T', 'alone']),
      ...each([...operators, 'service-account', 'thief-of-disk'], 'U', ['T', 'alone']),
      ...each(['staff', ...bystanders], 'M', ['T.', 'O.']),
      'staff U': ['T.', '2 of 3'],
      'keeper U': ['T.', 'O or X or T.'],
      ...each(custodians, 'U', ['T.', 'X']),
      'tenant M': ['O', 'O.'],
      'tenant U': ['O', 'alone'],
      ...each(['thief-of-backup'], 'M', ['T', 'K or T']),
      ...each(['thief-of-backup'], 'U', ['T', 'K or T']),
    },
  ],
  [
    'deletion, while a backup has the material',
    simple({}),
    simple({ deleted: true }),
    {
      'staff U': ['2 of 3', 'O.'],
      'keeper U': ['O or X or T.', 'O.'],
      ...each(custodians, 'U', ['X', 'O.']),
      'tenant U': ['alone', 'O.'],
      ...each(['thief-of-disk'], 'M', ['alone', 'O']),
      ...each(['thief-of-disk'], 'U', ['alone', 'O']),
    },
  ],
  [
    'backup, of what lives',
    simple({}),
    simple({ backups: false }),
    { 'thief-of-backup M': ['K', 'O.'], 'thief-of-backup U': ['K', 'O or X or T.'] },
  ],
  [
    'access keys in the backup',
    hsm(),
    arrange({ inKms: 'never', hsm: cluster, accessKeysInBackup: true }),
    { 'thief-of-backup U': ['T', 'K or T'] },
  ],
  [
    'law',
    operatorsLaw,
    also(operatorsLaw, law('root', 'de')),
    { 'authority:de M': ['O.', 'alone'], 'authority:de P': ['O.', 'alone'] },
  ],
  [
    'sealed memory',
    hosted,
    also(hosted, { fact: 'sealedmem', host: 'host' }),
    {
      // The provider still reads the disk, which the seal's keeper opens.
      ...each(['staff', ...custodians, 'tenant'], 'M', ['O or H.', 'O or K and H.']),
      ...each(['staff', ...bystanders, 'tenant', ...thieves], 'P', ['O or H.', 'O.']),
      'keeper M': ['O or H.', 'H'],
      'keeper U': ['O or H or X or T.', 'H'],
      'hoster M': ['alone', 'K'],
      'hoster U': ['alone', 'K'],
      'hoster P': ['alone', 'O.'],
    },
  ],
];

for (const [name, before, after, expected] of flips) {
  test(`flip: ${name}`, () => {
    assert.deepEqual(changes(cellsOf(before), cellsOf(after)), expected);
  });
}

test('the last backup gone, a deleted key is gone for everybody, and nothing passes more or less', () => {
  const [before, after] = [simple({ deleted: true }), simple({ deleted: true, backups: false })].map(
    (facts) => cellsOf(facts),
  );
  for (const [cell, text] of after ?? []) {
    if (cell.endsWith(' P')) assert.equal(text, before?.get(cell));
    else assert.equal(text, 'nobody on record', cell);
  }
});

test('a backup past its end holds nothing', () => {
  const { at, facts } = simple({ deleted: true });
  const until = (time: string): Facts => ({
    at,
    facts: facts.map((fact) =>
      fact.fact === 'place' && fact.place === 'backup' ? { ...fact, until: time } : fact,
    ),
  });
  assert.deepEqual(
    cellsOf(until('2026-11-24T11:59:59Z')),
    cellsOf(simple({ deleted: true, backups: false })),
  );
  assert.deepEqual(cellsOf(until('2026-11-24T12:00:01Z')), cellsOf(simple({ deleted: true })));
});
