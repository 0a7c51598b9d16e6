/** Silence counts at its worst: each default, by a verdict that rests on it, and marked as assumed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completed, NETWORK } from '../../src/custody/defaults.ts';
import type { Fact, Facts } from '../../src/custody/facts.ts';
import { arrange, cluster } from './arrangement.ts';
import { cellsOf } from './cells.ts';

const without = ({ at, facts }: Facts, drop: (fact: Fact) => boolean): Facts => ({
  at,
  facts: facts.filter((fact) => !drop(fact)),
});
const cell = (facts: Facts, name: string) => cellsOf(facts).get(name);
const inHsm = (change: Partial<typeof cluster> = {}) =>
  arrange({ inKms: 'never', hsm: { ...cluster, ...change } });

test('a host without a named root is the operator’s', () => {
  const facts = arrange({ inKms: 'never', hsm: { ...cluster, host: 'tenant' } });
  assert.equal(cell(facts, 'root M'), 'T');
  assert.equal(
    cell(
      without(facts, (fact) => fact.fact === 'root' && fact.party === 'tenant'),
      'root M',
    ),
    'alone',
  );
});

test('a process and a place without a host are on the operator’s, whose root is made up when nobody names one', () => {
  const { at, facts } = without(arrange({}), ({ fact }) => fact === 'root' || fact === 'account');
  const homeless = facts
    .filter((fact) => !('party' in fact && fact.party === 'root'))
    .map((fact): Fact => {
      if (fact.fact !== 'proc' && fact.fact !== 'place') return fact;
      const { host: _, ...rest } = fact;
      return rest;
    });
  assert.equal(cell({ at, facts: homeless }, "operator's root M"), 'alone');
});

test('parties without a law are under every law', () => {
  const facts = arrange({});
  const law = (party: string, name: string): Fact => ({
    fact: 'law',
    party,
    law: name,
    basis: { basis: 'declared', by: 'counsel', at: '2026-11-01' },
  });
  const one = { ...facts, facts: [...facts.facts, law('tenant', 'de')] };
  assert.equal(cell(one, 'authority:de M'), 'alone');
  const root = { ...one, facts: [...one.facts, law('root', 'us'), law('service-account', 'us')] };
  assert.notEqual(cell(root, 'authority:de M'), 'alone');
});

test('a process without a user of its own shares it with every account', () => {
  assert.equal(cell(inHsm(), 'service-account M'), 'T');
  assert.equal(cell(inHsm({ user: 'shared' }), 'service-account M'), 'alone');
});

test('a material is extractable unless somebody says no', () => {
  const silent = without(inHsm(), (fact) => fact.fact === 'extractable' && fact.process === 'hsm');
  assert.equal(cell(silent, 'service-account M'), 'alone');
});

test('material without an origin came from outside', () => {
  const silent = without(arrange({}), ({ fact }) => fact === 'came');
  assert.equal(cell(silent, 'staff M'), 'O or not known');
});

test('a passphrase can be guessed from what it locks, unless it is declared strong', () => {
  const facts = arrange({ seal: 'passphrase', credentialsFile: false });
  assert.equal(cell(facts, 'thief-of-backup M'), 'K');
  const weak = without(facts, ({ fact }) => fact === 'strong');
  assert.equal(cell(weak, 'thief-of-backup M'), 'alone');
  assert.equal(cell(weak, 'thief-of-disk U'), 'alone');
});

test('without TLS whoever is on the network path sees what passes', () => {
  const open = without(arrange({}), ({ fact }) => fact === 'tls');
  assert.equal(cell(open, `${NETWORK} P`), 'alone');
  assert.equal(cell(open, `${NETWORK} M`), 'O.');
  assert.equal(cell(arrange({}), `${NETWORK} P`), undefined);
});

test('a party of whom nobody says whose it is counts as the operator’s', () => {
  const facts = arrange({ inKms: 'never', hsm: { ...cluster, host: 'tenant' } });
  const basis = { basis: 'declared', by: 'counsel', at: '2026-11-01' } as const;
  const visitor: Fact = { fact: 'root', party: 'visitor', host: 'tenant-host', basis };
  assert.equal(cell(facts, 'operator-as-one M'), 'T');
  assert.equal(cell({ ...facts, facts: [...facts.facts, visitor] }, 'operator-as-one M'), 'alone');
});

test('what the defaults add is marked assumed; what was said keeps its basis; a second pass adds nothing', () => {
  const given = without(inHsm({ user: 'shared' }), ({ fact }) =>
    ['came', 'tls', 'root', 'extractable'].includes(fact),
  );
  const once = completed(given);
  const added = once.facts.slice(given.facts.length);
  assert.ok(added.length > 5);
  assert.deepEqual(
    once.facts.slice(0, given.facts.length).map(({ basis }) => basis),
    given.facts.map(({ basis }) => basis),
  );
  assert.ok(added.every(({ basis }) => basis.basis === 'assumed'));
  assert.deepEqual(cellsOf(once), cellsOf(given));
});

test('a key of which nothing is recorded is not known', () => {
  const cells = cellsOf(arrange({}), { key: 'another' });
  assert.deepEqual([...new Set(cells.values())], ['not known']);
});
