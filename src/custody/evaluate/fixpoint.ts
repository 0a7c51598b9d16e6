/**
 * The evaluator: the smallest coalitions of which each atom is true, as the least fixpoint of ground clauses. It
 * knows nothing of where the clauses come from, nor what they are about.
 */
import { type Atom, type Clause, member } from '../rules/clause.ts';
import { both, type Classes, type Coalition, minimal } from './coalition.ts';

/** More ways than can be told apart: the facts need fewer distinct parties. */
export class TooManyWays extends Error {
  override readonly name = 'TooManyWays';
  constructor(atom: string) {
    super(`more than ${MOST_WAYS} smallest coalitions for ${atom}`);
  }
}

/** Of one atom. Dropping some would flatter, so more is an error. */
export const MOST_WAYS = 2000;
const MOST_PAIRS = 100_000;

/** The smallest coalitions of which each atom is true; an atom that is missing is true of none. */
export type Ways = ReadonlyMap<Atom, readonly Coalition[]>;

/** Throws TooManyWays. `parties` are all that the clauses name. */
export function leastFixpoint(
  clauses: readonly Clause[],
  classes: Classes,
  parties: readonly string[],
): Ways {
  const ways = new Map<Atom, readonly Coalition[]>(
    parties.map((party) => [member(party), [classes.of([party])]]),
  );
  const users = usersOf(clauses);
  const queue = new Set(clauses);
  for (const clause of queue) {
    queue.delete(clause);
    const before = ways.get(clause.head) ?? [];
    const after = minimal([...before, ...conclude(clause, ways, classes)]);
    if (after.length > MOST_WAYS) throw new TooManyWays(clause.head);
    if (same(before, after)) continue;
    ways.set(clause.head, after);
    for (const user of users.get(clause.head) ?? []) queue.add(user);
  }
  return ways;
}

function usersOf(clauses: readonly Clause[]): ReadonlyMap<Atom, readonly Clause[]> {
  const users = new Map<Atom, Clause[]>();
  for (const clause of clauses) {
    for (const atom of clause.body) users.set(atom, [...(users.get(atom) ?? []), clause]);
  }
  return users;
}

function conclude(clause: Clause, ways: Ways, classes: Classes): readonly Coalition[] {
  const { atLeast, body } = clause;
  const parts = body.map((atom) => ways.get(atom) ?? []);
  if (atLeast !== undefined) {
    const enough = classes.atLeast(atLeast.k, atLeast.of, MOST_PAIRS);
    if (enough === undefined) throw new TooManyWays(clause.head);
    parts.push(enough);
  }
  let together: readonly Coalition[] = [classes.of([])];
  for (const part of parts) {
    if (together.length * part.length > MOST_PAIRS) throw new TooManyWays(clause.head);
    together = minimal(together.flatMap((a) => part.map((b) => both(a, b))));
  }
  return together;
}

const same = (a: readonly Coalition[], b: readonly Coalition[]): boolean =>
  a.length === b.length &&
  a.every((coalition, index) => coalition.every((count, at) => count === b[index]?.[at]));
