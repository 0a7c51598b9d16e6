/** Rules 13 to 16: who gets a key used. */
import { has, inside, joined, member, type Rule, reach, use } from './clause.ts';

/** 13 use(C,K) :- accepts(Pr,Cr,K,use), proc(Pr,..,run), has(C,Cr), reach(C,Pr). */
export const rule13: Rule = (world) =>
  joined(
    world.each('accepts').filter((accepts) => accepts.for === 'use'),
    world.running(),
    (accepts, proc) => accepts.process === proc.process,
  ).map(([accepts, proc]) => ({
    rule: 13,
    head: use(accepts.key),
    body: [has(accepts.credential), reach(accepts.process)],
    facts: [accepts, proc],
  }));

/** 14 use(C,K) :- live(Pr,K), inside(C,Pr). */
export const rule14: Rule = (world) =>
  world
    .each('live')
    .map((live) => ({ rule: 14, head: use(live.key), body: [inside(live.process)], facts: [live] }));

/** 15 use(C,K) :- material(K,m), has(C,m). */
export const rule15: Rule = (world) =>
  world.each('material').map((material) => ({
    rule: 15,
    head: use(material.key),
    body: [has(material.material)],
    facts: [material],
  }));

/** 16 use(C,K) :- approve(use,G,k), staff in C, at least k of G in C. An approval without a key is for each key. */
export const rule16: Rule = (world) => {
  const keys = new Set([...world.each('material'), ...world.each('live')].map(({ key }) => key));
  const staff = world.each('party').filter(({ kind }) => kind === 'staff');
  return world.each('approve').flatMap((approve) =>
    (approve.key === undefined ? [...keys] : [approve.key]).flatMap((key) =>
      staff.map((somebody) => ({
        rule: 16,
        head: use(key),
        body: [member(somebody.party)],
        atLeast: { k: approve.k, of: [...new Set(approve.group)] },
        facts: [approve, somebody],
      })),
    ),
  );
};
