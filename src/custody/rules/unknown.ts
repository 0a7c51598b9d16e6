/** Rules 20 and 21: material that somebody unknown may hold, and material that nobody holds. */
import { has, member, type Rule, type World } from './clause.ts';

/** Whoever may hold material of unknown origin. */
export const SOMEBODY = 'somebody unknown';

/** 20 unknown(m) :- came(m,outside), no sole(_,m). */
export const rule20 = (world: World, material: string): boolean =>
  world.each('came').some((came) => came.material === material && came.from === 'outside') &&
  !world.each('sole').some((sole) => sole.material === material);

/** 21 gone(m) :- no coalition has(m), not unknown(m). */
export const rule21 = (world: World, material: string, anybodyHas: boolean): boolean =>
  !anybodyHas && !rule20(world, material);

/** Unknown ranks as possible: somebody, who needs nobody, has it. */
export const heldBySomebody: Rule = (world) =>
  world
    .each('came')
    .filter(({ material }) => rule20(world, material))
    .map((came) => ({ rule: 20, head: has(came.material), body: [member(SOMEBODY)], facts: [came] }));
