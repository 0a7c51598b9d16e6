import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Actor, actorsOf } from '../../src/custody/actors.ts';
import type { Need } from '../../src/custody/answers.ts';
import { completed } from '../../src/custody/defaults.ts';
import { explain, type Step } from '../../src/custody/explain.ts';
import type { Fact, Facts } from '../../src/custody/facts.ts';
import { type Judged, judge, type Question, questions } from '../../src/custody/judge.ts';
import { SOMEBODY } from '../../src/custody/rules/unknown.ts';
import { custodyTable, verdictsOf } from '../../src/custody/table.ts';
import { rounds, seeded } from '../support/random.ts';
import { BruteForce } from './brute-force.ts';
import { positiveFact, randomFacts } from './random-facts.ts';

const goals: Readonly<Record<Question, string>> = { M: 'has m', U: 'use k', P: 'pass k' };
const subject = { key: 'k' };

/** A verdict as sets of names, interchangeable parties spelt out. */
function setsOf(judged: Judged, actor: Actor, question: Question): readonly string[] {
  const { now } = verdictsOf(judged)(actor, question);
  if (now.answer === 'nobody on record') return [];
  if (now.answer === 'not known') return [SOMEBODY];
  return [...new Set(now.ways.flatMap(({ needs }) => spellOut(needs)))].sort();
}

const spellOut = (needs: readonly Need[]): readonly string[] =>
  needs
    .reduce<readonly (readonly string[])[]>(
      (sets, { of, count }) => sets.flatMap((set) => choose(of, count).map((chosen) => [...set, ...chosen])),
      [[]],
    )
    .map((set) => [...set].sort().join(' '));

const choose = (of: readonly string[], count: number): readonly (readonly string[])[] =>
  count === 0
    ? [[]]
    : of.flatMap((first, index) => choose(of.slice(index + 1), count - 1).map((rest) => [first, ...rest]));

test('verdicts are those of trying every coalition', () => {
  const random = seeded('custody brute force');
  const seen = { alone: 0, needs: 0, nobody: 0 };
  for (let round = 0; round < rounds(150); round++) {
    const facts = randomFacts(random);
    const brute = new BruteForce(completed(facts).facts);
    const judged = judge(facts, subject);
    for (const actor of actorsOf(judged)) {
      for (const question of questions) {
        const expected = brute
          .verdict(goals[question], actor.parties)
          .map((set) => [...set].sort().join(' '));
        const actual = setsOf(judged, actor, question);
        assert.deepEqual(actual, [...expected].sort(), `round ${round}, ${actor.id}, ${question}`);
        if (actual.includes('')) seen.alone++;
        else if (actual.length > 0) seen.needs++;
        else seen.nobody++;
      }
    }
  }
  for (const [answer, count] of Object.entries(seen)) assert.ok(count > 100, `${answer}: ${count}`);
});

/** Who gets there together, of every coalition. */
const able = (facts: Facts, question: Question): readonly number[] => {
  const { facts: complete } = completed(facts);
  const brute = new BruteForce(complete);
  const names = ['a', 'b', 'c', 'd', 'e'];
  return Array.from({ length: 2 ** names.length }, (_, bits) =>
    Number(brute.truth(names.filter((_, index) => (bits >> index) & 1)).plain.has(goals[question])),
  );
};

test('one more party never weakens an actor; one more positive fact takes no ability away', () => {
  const random = seeded('custody monotone');
  for (let round = 0; round < rounds(60); round++) {
    const before = completed(randomFacts(random));
    const added = { ...positiveFact(random), basis: { basis: 'assumed', because: 'a test' } } as Fact;
    const after = { ...before, facts: [...before.facts, added] };
    const tables = [before, after].map((facts) => custodyTable(facts, subject));
    for (const { actor, cells } of tables[0]?.rows ?? []) {
      for (const question of questions) {
        if (cells[question].now.answer !== 'alone') continue;
        const rows = tables.flatMap((table) => table.rows);
        const larger = rows.filter((row) =>
          actor.parties.every((party) => row.actor.parties.includes(party)),
        );
        for (const row of larger)
          assert.equal(
            row.cells[question].now.answer,
            'alone',
            `round ${round}, ${row.actor.id} ${question}`,
          );
      }
    }
    for (const question of questions) {
      const [less, more] = [able(before, question), able(after, question)];
      assert.ok(less.every((can, index) => can <= (more[index] ?? 0)));
    }
  }
});

test('no set of a verdict contains another, and the order of the facts changes nothing', () => {
  const random = seeded('custody minimal');
  for (let round = 0; round < rounds(60); round++) {
    const facts = randomFacts(random);
    const judged = judge(facts, subject);
    const reversed = judge({ ...facts, facts: [...facts.facts].reverse() }, subject);
    for (const actor of actorsOf(judged)) {
      for (const question of questions) {
        const sets = setsOf(judged, actor, question).map((set) => set.split(' '));
        for (const set of sets)
          assert.ok(!sets.some((other) => other !== set && other.every((party) => set.includes(party))));
        assert.deepEqual(verdictsOf(reversed)(actor, question), verdictsOf(judged)(actor, question));
      }
    }
  }
});

const factsOf = (step: Step): readonly Fact[] => [...step.facts, ...step.because.flatMap(factsOf)];

test('each verdict has a path, whose facts alone give it', () => {
  const random = seeded('custody explain');
  for (let round = 0; round < rounds(60); round++) {
    const facts = randomFacts(random);
    const judged = judge(facts, subject);
    for (const actor of actorsOf(judged)) {
      for (const question of questions) {
        for (const { others, brings, step } of explain(judged, actor, question)) {
          const people = brings === 'nothing' ? others : [...actor.parties, ...others];
          const kept = judged.world.each('party');
          const alone = new BruteForce([
            ...factsOf(step),
            ...kept,
            ...judged.world.each('material'),
            ...judged.world.each('sealedmem'),
            ...judged.world.each('destroyed'),
            ...judged.world.each('sole'),
          ]);
          assert.ok(
            alone.truth(people).plain.has(goals[question]),
            `round ${round}, ${actor.id}, ${question}`,
          );
        }
      }
    }
  }
});
