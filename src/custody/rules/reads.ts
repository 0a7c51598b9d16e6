/** Rules 5 and 6: who reads a place. */
import { at, joined, member, type Rule, reads } from './clause.ts';

/** 5 reads(C,Pl) :- reader(P,Pl), P in C. */
export const rule5: Rule = (world) =>
  world
    .each('reader')
    .map((reader) => ({ rule: 5, head: reads(reader.place), body: [member(reader.party)], facts: [reader] }));

/** 6 reads(C,Pl) :- place(Pl,_,H,_), (at(C,H) or provider(P,H), P in C). A sealed memory does not seal a disk. */
export const rule6: Rule = (world) => [
  ...world
    .each('place')
    .flatMap((place) =>
      place.host === undefined
        ? []
        : [{ rule: 6, head: reads(place.place), body: [at(place.host)], facts: [place] }],
    ),
  ...joined(
    world.each('place'),
    world.each('provider'),
    (place, provider) => place.host === provider.host,
  ).map(([place, provider]) => ({
    rule: 6,
    head: reads(place.place),
    body: [member(provider.party)],
    facts: [place, provider],
  })),
];
