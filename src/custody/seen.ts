/** Who would see it: the least seen of the ways that a coalition has. Detection is never part of a verdict. */
import type { SeenBy } from './answers.ts';
import { anyCovered, type Coalition } from './evaluate/coalition.ts';
import { OPERATOR } from './facts.ts';
import { goal, type Judged, type Question } from './judge.ts';
import type { Clause } from './rules/clause.ts';

/** Wrapping out, use by credential, use by approval: a process writes them down. All else is a read of memory or disk. */
const written = new Set([12, 13, 16]);

export type Seen = (coalition: Coalition, question: Question) => SeenBy;

export function seeing(judged: Judged, clauses: readonly Clause[]): Seen {
  const unwritten = clauses.filter(({ rule }) => !written.has(rule));
  const free = operatorFree(judged);
  const inOperatorsLog = clauses.filter((clause) => !written.has(clause.rule) || !isFree(clause, free));
  const [byNobody, byOperator] = [judged.solve(unwritten), judged.solve(inOperatorsLog)];
  return (coalition, question) => {
    const can = (ways: typeof byNobody) => anyCovered(coalition, ways.get(goal(question)) ?? []);
    if (can(byNobody)) return 'nobody';
    return can(byOperator) ? "the operator's log only" : 'the tenant independently';
  };
}

/** Processes on hosts where the operator is neither root nor provider: it cannot rewrite what they write. */
function operatorFree({ world, parties }: Judged): ReadonlySet<string> {
  const operators = [...world.each('root'), ...world.each('provider')]
    .filter(({ party }) => parties.owner(party) === OPERATOR)
    .map(({ host }) => host);
  return new Set(
    world.each('proc').flatMap(({ process, host }) => (operators.includes(host ?? '') ? [] : [process])),
  );
}

const isFree = ({ facts }: Clause, free: ReadonlySet<string>): boolean =>
  facts.some((fact) => fact.fact === 'accepts' && free.has(fact.process));
