/** Rule 19: whom an authority can order about. */
import type { World } from './clause.ts';

/** 19 authority(L) = parties with law(P,L), and parties with no law declared. */
export const rule19 = (world: World, law: string): readonly string[] =>
  world
    .each('party')
    .map(({ party }) => party)
    .filter((party) => {
      const laws = world.each('law').filter((declared) => declared.party === party);
      return laws.length === 0 || laws.some((declared) => declared.law === law);
    });

/** Every law that is declared for anybody. */
export const laws = (world: World): readonly string[] =>
  [...new Set(world.each('law').map(({ law }) => law))].sort();
