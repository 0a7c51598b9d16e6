/** What stands beside the verdicts: who sees it, builds to come, exposures, paths, full words, and bounds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actorsOf } from '../../src/custody/actors.ts';
import { cellText, fullText } from '../../src/custody/answers.ts';
import { TooManyWays } from '../../src/custody/evaluate/fixpoint.ts';
import { explain, pathText } from '../../src/custody/explain.ts';
import type { Bare, Fact, Facts } from '../../src/custody/facts.ts';
import { judge, type Question } from '../../src/custody/judge.ts';
import { custodyTable } from '../../src/custody/table.ts';
import { arrange, cluster, KEY, MATERIAL, OBJECT } from './arrangement.ts';

const basis = { basis: 'declared', by: 'counsel', at: '2026-11-01' } as const;
const also = ({ at, facts }: Facts, ...more: readonly Bare[]): Facts => ({
  at,
  facts: [...facts, ...more.map((fact) => ({ ...fact, basis }) as Fact)],
});
const subject = { key: KEY };

function cellOf(facts: Facts, id: string, question: Question) {
  const row = custodyTable(facts, subject).rows.find(({ actor }) => actor.id === id);
  assert.ok(row, id);
  return { ...row, cell: row.cells[question] };
}
const words = (facts: Facts, id: string, question: Question) =>
  fullText(cellOf(facts, id, question).cell.now);

const inHsm = (change: Partial<typeof cluster>) =>
  arrange({ inKms: 'never', hsm: { ...cluster, ...change } });

test('a way is written in full: whom, what the actor brings, who sees it', () => {
  assert.deepEqual(words(arrange({}), 'root', 'M'), ['alone (seen by nobody)']);
  assert.deepEqual(words(arrange({}), 'staff', 'U'), [
    "2 of approver-1, approver-2, approver-3 approve (seen by the operator's log only)",
  ]);
  assert.deepEqual(words(arrange({ seal: 'quorum' }), 'thief-of-backup', 'M'), [
    'needs 2 of keeper-1, keeper-2, keeper-3 (holds a locked copy: backup; seen by nobody)',
  ]);
  assert.deepEqual(words(inHsm({ host: 'tenant' }), 'operator-as-one', 'M'), [
    'needs tenant (holds a locked copy: cluster-backup; seen by nobody)',
  ]);
});

test('what somebody unknown may hold is said to be not known, not called a need', () => {
  assert.deepEqual(words(arrange({ inKms: 'imported' }), 'staff', 'M'), [
    'needs root (holds no part; seen by nobody)',
    'needs service-account (holds no part; seen by nobody)',
    'not known: somebody unknown may have it',
  ]);
  const gone = arrange({ inKms: 'imported', deleted: true, backups: false });
  assert.deepEqual(words(gone, 'root', 'U'), ['not known']);
});

test('use is seen by whoever keeps a log that the operator cannot rewrite', () => {
  assert.deepEqual(words(arrange({}), 'tenant', 'U'), ["alone (seen by the operator's log only)"]);
  const apart = inHsm({ host: 'tenant', connected: false });
  const administrator = also(
    apart,
    { fact: 'party', party: 'admin', kind: 'hsm-administrator', owner: 'tenant' },
    { fact: 'net', party: 'admin', process: 'hsm' },
    { fact: 'keeper', party: 'admin', secret: 'hsm-administrator' },
  );
  assert.deepEqual(words(administrator, 'admin', 'U'), ['alone (seen by the tenant independently)']);
  assert.deepEqual(words(administrator, 'tenant', 'U'), ['alone (seen by nobody)']);
});

test('whoever chooses the build has it from the next start; with the tenant, where the tenant chooses too', () => {
  const deployer = (mode: 'auto' | 'tenant') =>
    also(
      arrange({}),
      { fact: 'party', party: 'deployer', kind: 'build', owner: 'supplier' },
      { fact: 'chooses', party: 'deployer', process: 'engine', mode },
    );
  const later = (facts: Facts) =>
    (['M', 'U', 'P'] as const).map((question) => {
      const { actor, cell } = cellOf(facts, 'deployer', question);
      return [cellText(cell.now, actor), cell.fromNextStart && cellText(cell.fromNextStart, actor)];
    });
  assert.deepEqual(later(deployer('auto')), [
    ['O.', 'alone'],
    ['O or X or T.', 'alone'],
    ['O.', 'alone'],
  ]);
  assert.deepEqual(
    later(deployer('tenant')).map(([, next]) => next),
    ['T', 'O or X or T.', 'T'],
  );
  assert.equal(cellOf(deployer('auto'), 'thief-of-disk', 'M').cell.fromNextStart, undefined);
});

test('what was once exposed stays so, whatever became of host, seal and key', () => {
  const ever: Bare = {
    fact: 'ever',
    material: MATERIAL,
    party: 'root',
    from: '2026-01-01',
    to: '2026-02-01',
  };
  const gone = also(arrange({ deleted: true, backups: false, seal: 'tenant' }), ever);
  const { cell, exposed } = cellOf(gone, 'root', 'M');
  assert.equal(cell.now.answer, 'nobody on record');
  assert.deepEqual(
    exposed.map(({ party, from, to }) => [party, from, to]),
    [['root', '2026-01-01', '2026-02-01']],
  );
  assert.deepEqual(custodyTable(gone, subject).exposed, exposed);
  assert.deepEqual(cellOf(gone, 'staff', 'M').exposed, []);
});

test('an object is judged by its own material, not by what its key has now', () => {
  const rotated = also(
    arrange({ inKms: 'never', hsm: { ...cluster, connected: false, state: 'stopped' } }),
    { fact: 'material', key: KEY, material: 'newer' },
    { fact: 'came', material: 'newer', from: 'inside' },
    { fact: 'stored', secret: 'newer', place: 'folder', under: 'clear' },
  );
  const staff = (facts: Facts, asked: typeof subject | { object: string }, question: Question) => {
    const row = custodyTable(facts, asked).rows.find(({ actor }) => actor.id === 'service-account');
    assert.ok(row);
    return cellText(row.cells[question].now, row.actor);
  };
  assert.equal(staff(rotated, subject, 'U'), 'alone');
  assert.equal(staff(rotated, { object: OBJECT }, 'M'), 'T');
  assert.equal(staff(rotated, { object: OBJECT }, 'U'), 'T');
});

test('a path names each rule and each fact with what it rests on', () => {
  const judged = judge(arrange({ seal: 'passphrase' }), subject);
  const thief = actorsOf(judged).find(({ id }) => id === 'thief-of-backup');
  assert.ok(thief);
  const [path, ...more] = explain(judged, thief, 'M');
  assert.ok(path);
  assert.deepEqual(more, []);
  assert.deepEqual([path.others, path.brings], [['keeper'], 'locked copy']);
  const lines = pathText(path.step);
  const rules = lines.flatMap((line) => /\[rule (\d+)\]/.exec(line)?.[1] ?? []);
  assert.deepEqual(rules, ['10', '5', '10', '5', '7']);
  assert.ok(lines.some((line) => /keeper\(keeper, seal\): declared by the operator, 2026-11-01/.test(line)));
  assert.ok(
    lines.some((line) => /stored\(material, backup, domain-key\): recorded in the lineage/.test(line)),
  );
});

test('interchangeable custodians are counted, not listed: forty of eighty is one way', () => {
  const many = Array.from({ length: 80 }, (_, index) => `holder-${index}`);
  const facts = also(
    arrange({ seal: 'tenant' }),
    ...many.map((party): Bare => ({ fact: 'party', party, kind: 'keeper', owner: 'operator' })),
    ...many.map((party): Bare => ({ fact: 'share', party, secret: 'seal' })),
    { fact: 'quorum', secret: 'seal', k: 40 },
  );
  const { cell, actor } = cellOf(facts, 'thief-of-backup', 'M');
  assert.equal(cellText(cell.now, actor), 'K or T');
  assert.deepEqual(
    cell.now.answer === 'needs' &&
      cell.now.ways.flatMap(({ needs }) => needs.map(({ count, of }) => [count, of.length])),
    [
      [1, 1],
      [40, 80],
    ],
  );
});

test('more ways than can be told are an error, never a shorter list', () => {
  const many = Array.from({ length: 24 }, (_, index) => `holder-${index}`);
  const facts = also(
    arrange({}),
    ...many.flatMap((party, index): readonly Bare[] => [
      { fact: 'share', party, secret: 'seal' },
      { fact: 'law', party, law: `law-${index}` },
    ]),
    { fact: 'quorum', secret: 'seal', k: 12 },
  );
  assert.throws(() => custodyTable(facts, subject), TooManyWays);
});
