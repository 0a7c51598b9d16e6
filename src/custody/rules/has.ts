/** Rules 7 to 12: who has a secret. */
import { CLEAR, type FactOf } from '../facts.ts';
import { has, inside, joined, member, type Rule, reach, reads, type World } from './clause.ts';

/** 7 has(C,X) :- keeper(P,X), P in C. */
export const rule7: Rule = (world) =>
  world
    .each('keeper')
    .map((keeper) => ({ rule: 7, head: has(keeper.secret), body: [member(keeper.party)], facts: [keeper] }));

/** 8 has(C,X) :- mem(Pr,X), inside(C,Pr). */
export const rule8: Rule = (world) =>
  world
    .each('mem')
    .map((mem) => ({ rule: 8, head: has(mem.secret), body: [inside(mem.process)], facts: [mem] }));

/** 9 has(C,X) :- stored(X,Pl,clear), reads(C,Pl). */
export const rule9: Rule = (world) =>
  stillStored(world)
    .filter(({ under }) => under === CLEAR)
    .map((stored) => ({ rule: 9, head: has(stored.secret), body: [reads(stored.place)], facts: [stored] }));

/** 10 has(C,X) :- stored(X,Pl,W), reads(C,Pl), has(C,W). */
export const rule10: Rule = (world) =>
  stillStored(world)
    .filter(({ under }) => under !== CLEAR)
    .map((stored) => ({
      rule: 10,
      head: has(stored.secret),
      body: [reads(stored.place), has(stored.under)],
      facts: [stored],
    }));

/** 11 has(C,X) :- quorum(X,k), at least k of share(P,X) with P in C. */
export const rule11: Rule = (world) =>
  world.each('quorum').map((quorum) => {
    const shares = world.each('share').filter(({ secret }) => secret === quorum.secret);
    return {
      rule: 11,
      head: has(quorum.secret),
      body: [],
      atLeast: { k: quorum.k, of: [...new Set(shares.map(({ party }) => party))] },
      facts: [quorum, ...shares],
    };
  });

/** 12 has(C,m) :- accepts(Pr,Cr,m,wrap), proc(Pr,..,run), has(C,Cr), reach(C,Pr). */
export const rule12: Rule = (world) =>
  joined(
    world.each('accepts').filter((accepts) => accepts.for === 'wrap'),
    world.running(),
    (accepts, proc) => accepts.process === proc.process,
  ).map(([accepts, proc]) => ({
    rule: 12,
    head: has(accepts.key),
    body: [has(accepts.credential), reach(accepts.process)],
    facts: [accepts, proc],
  }));

/** What no entry destroyed, in places that are not past their end. */
export const stillStored = (world: World): readonly FactOf<'stored'>[] =>
  world
    .each('stored')
    .filter(
      ({ secret, place }) =>
        !world.each('destroyed').some((gone) => gone.secret === secret && gone.place === place) &&
        !world.each('place').some((known) => known.place === place && isOver(known.until, world.at)),
    );

const isOver = (until: string | undefined, now: number): boolean =>
  until !== undefined && Date.parse(until) <= now;
