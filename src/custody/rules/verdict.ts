/** Rule 23: whom an actor needs. */
import { anyCovered, beyond, type Coalition, minimal } from '../evaluate/coalition.ts';
import type { Ways } from '../evaluate/fixpoint.ts';
import { type Atom, type Clause, reads } from './clause.ts';

/** The atom, concluded by opening what lies locked in the place. */
export const opening = (place: string, atom: Atom): Atom => `${atom} by opening ${place}` as Atom;

/** The conclusions that begin with a locked copy in the place: what opening it leads to. */
export function openingClauses(clauses: readonly Clause[], place: string): readonly Clause[] {
  const begin = clauses
    .filter(({ rule, body }) => rule === 10 && body.includes(reads(place)))
    .map((clause) => ({ ...clause, head: opening(place, clause.head) }));
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
  /** Whether these others may be needed: no thieves, unless without them nobody gets there. */
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
  if (anyCovered(asked.actor, ways.get(asked.goal) ?? [])) {
    return [{ others: asked.actor.map(() => 0), brings: 'part' }];
  }
  const among = (allowed: Asked['others']) => {
    const contributed = contributing(ways, asked, allowed);
    return contributed.length > 0 ? contributed : withoutPart(ways, asked, allowed);
  };
  const needed = among(asked.others);
  return needed.length > 0 ? needed : among(() => true);
}

function contributing(ways: Ways, asked: Asked, allowed: Asked['others']): readonly Needed[] {
  const goals = ways.get(asked.goal) ?? [];
  const opened = openedBy(ways, asked);
  const joint = goals.map((way) => beyond(way, asked.actor)).filter((others) => !anyCovered(others, goals));
  const all = minimal([...joint, ...opened.map(({ others }) => others)].filter(allowed));
  return all.map((others) => opened.find((one) => same(one.others, others)) ?? { others, brings: 'part' });
}

/** The others get there alone; the actor may still hold a copy, which those others do not need. */
function withoutPart(ways: Ways, asked: Asked, allowed: Asked['others']): readonly Needed[] {
  const held = asked.lockedPlaces.find(
    (place) => anyCovered(asked.actor, ways.get(reads(place)) ?? []) && ways.has(opening(place, asked.goal)),
  );
  return (ways.get(asked.goal) ?? [])
    .filter(allowed)
    .map((others) =>
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
