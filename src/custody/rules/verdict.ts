/** Rule 23: whom an actor needs. */
import { anyCovered, beyond, type Coalition, minimal } from '../evaluate/coalition.ts';
import type { Ways } from '../evaluate/fixpoint.ts';
import type { Atom, Clause } from './clause.ts';
import { reads } from './clause.ts';

/** The atom, concluded by opening what lies locked in the place. */
export const opening = (place: string, atom: Atom): Atom => `${atom} by opening ${place}` as Atom;

/** The conclusions that begin with a locked copy in the place, whoever reads it: what an opened copy leads to. */
export function openingClauses(clauses: readonly Clause[], place: string): readonly Clause[] {
  const begin = clauses
    .filter(({ rule, body }) => rule === 10 && body.includes(reads(place)))
    .map((clause) => ({
      ...clause,
      head: opening(place, clause.head),
      body: clause.body.filter((atom) => atom !== reads(place)),
    }));
  const go = clauses.flatMap((clause) =>
    clause.body.map((through) => ({
      ...clause,
      head: opening(place, clause.head),
      body: clause.body.map((atom) => (atom === through ? opening(place, atom) : atom)),
    })),
  );
  return [...begin, ...go];
}

/** What rule 23 asks of the ways. */
export interface Asked {
  readonly goal: Atom;
  readonly actor: Coalition;
  /** Places in which something lies locked. */
  readonly lockedPlaces: readonly string[];
  /** Whether these others may be needed; thieves are not. */
  readonly others: (others: Coalition) => boolean;
}

export interface Needed {
  readonly others: Coalition;
  /** What the actor brings. */
  readonly brings: 'locked copy' | 'part' | 'nothing';
  /** The place of the locked copy. */
  readonly place?: string;
}

/**
 * 23 verdict(A,G) = the minimal S with G(A and S) to which A contributes; if none, the minimal S alone, marked
 * "holds no part".
 *
 * A contributes where S alone does not get there, or where A's locked copy, which S does not read, is what is opened.
 */
export function rule23(ways: Ways, asked: Asked): readonly Needed[] {
  const { goal, actor } = asked;
  const goals = ways.get(goal) ?? [];
  if (anyCovered(actor, goals)) return [{ others: actor.map(() => 0), brings: 'part' }];
  const opened = openedBy(ways, asked);
  const joint = goals.map((way) => beyond(way, actor)).filter((others) => !anyCovered(others, goals));
  const contributed = minimal([...joint, ...opened.map(({ others }) => others)].filter(asked.others));
  if (contributed.length > 0) {
    return contributed.map(
      (others) => opened.find((one) => same(one.others, others)) ?? { others, brings: 'part' },
    );
  }
  const alone = goals.filter(asked.others);
  const held = asked.lockedPlaces.find(
    (place) => anyCovered(actor, ways.get(reads(place)) ?? []) && ways.has(opening(place, goal)),
  );
  return (alone.length > 0 ? alone : goals).map((others) =>
    held === undefined ? { others, brings: 'nothing' } : { others, brings: 'locked copy', place: held },
  );
}

function openedBy(ways: Ways, { goal, actor, lockedPlaces }: Asked): readonly Needed[] {
  return lockedPlaces.flatMap((place) => {
    const readers = ways.get(reads(place)) ?? [];
    if (!anyCovered(actor, readers)) return [];
    return (ways.get(opening(place, goal)) ?? [])
      .map((way) => beyond(way, actor))
      .filter((others) => !anyCovered(others, readers))
      .map((others) => ({ others, brings: 'locked copy' as const, place }));
  });
}

const same = (a: Coalition, b: Coalition): boolean => a.every((count, index) => count === b[index]);
