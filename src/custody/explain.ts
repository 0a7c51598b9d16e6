/** The path behind one cell: the rules and facts by which an actor, with whom it needs, gets there. */
import type { Actor } from './actors.ts';
import type { Coalition } from './evaluate/coalition.ts';
import { basisText, type Fact, factText } from './facts.ts';
import { goal, type Judged, type Question } from './judge.ts';
import { type Atom, type Clause, member } from './rules/clause.ts';
import { type Needed, opening } from './rules/verdict.ts';
import { neededBy } from './table.ts';

/** How one thing came to be true. */
export interface Step {
  /** `has(m)` */
  readonly conclusion: string;
  /** The rule of docs/custody.md; 0 where a definition or the question itself is meant. */
  readonly rule: number;
  readonly facts: readonly Fact[];
  readonly because: readonly Step[];
  /** Of a quorum: who. */
  readonly members: readonly string[];
}

export interface Path {
  /** The others who take part: the first of those who are interchangeable. */
  readonly others: readonly string[];
  readonly brings: Needed['brings'];
  readonly step: Step;
}

/** One path for each smallest set of others. Empty when nobody on record gets there. */
export function explain(
  judged: Judged,
  actor: Actor,
  question: Question,
  from: 'now' | 'nextStart' = 'now',
): readonly Path[] {
  const { clauses, ways } = judged[from];
  return neededBy(judged, ways, actor, question).map(({ others, brings, place }) => {
    const helpers = membersOf(judged, others, actor);
    const people = brings === 'nothing' ? helpers : [...actor.parties, ...helpers];
    const proofs = prove(clauses, people);
    const opened = place === undefined ? undefined : proofs(opening(place, goal(question)));
    const step = opened ?? proofs(goal(question));
    if (step === undefined) throw new Error(`no path to ${goal(question)} for ${people.join(', ')}`);
    return { others: helpers, brings, step };
  });
}

function membersOf({ classes }: Judged, others: Coalition, actor: Actor): readonly string[] {
  return others.flatMap((count, index) =>
    classes
      .members(index)
      .filter((party) => !actor.parties.includes(party))
      .slice(0, count),
  );
}

/** What is true of these people, each by the first clause that gave it: no step rests on itself. */
function prove(clauses: readonly Clause[], people: readonly string[]): (atom: Atom) => Step | undefined {
  const steps = new Map<Atom, Step>(
    people.map((party) => [
      member(party),
      { conclusion: member(party), rule: 0, facts: [], because: [], members: [party] },
    ]),
  );
  for (let grown = true; grown; ) {
    grown = false;
    for (const clause of clauses) {
      if (steps.has(clause.head)) continue;
      const step = applied(clause, steps, people);
      if (step === undefined) continue;
      steps.set(clause.head, step);
      grown = true;
    }
  }
  return (atom) => steps.get(atom);
}

function applied(
  { head, rule, body, atLeast, facts }: Clause,
  steps: ReadonlyMap<Atom, Step>,
  people: readonly string[],
): Step | undefined {
  const because = body.flatMap((atom) => steps.get(atom) ?? []);
  if (because.length < body.length) return undefined;
  const members = (atLeast?.of ?? []).filter((party) => people.includes(party)).slice(0, atLeast?.k);
  if (atLeast !== undefined && members.length < atLeast.k) return undefined;
  return { conclusion: head, rule, facts, because, members };
}

/** A path as indented lines. */
export function pathText(step: Step, depth = 0): readonly string[] {
  const indent = '  '.repeat(depth);
  const rule = step.rule === 0 ? '' : `   [rule ${step.rule}]`;
  return [
    `${indent}${step.conclusion}${rule}${step.rule > 0 && step.members.length > 0 ? ` by ${step.members.join(', ')}` : ''}`,
    ...step.facts.map((fact) => `${indent}  ${factText(fact)}: ${basisText(fact.basis)}`),
    ...step.because.flatMap((reason) => pathText(reason, depth + 1)),
  ];
}
