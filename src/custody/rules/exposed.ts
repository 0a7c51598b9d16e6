/** Rule 22: what has once been exposed stays so. */
import type { FactOf } from '../facts.ts';
import type { World } from './clause.ts';

/**
 * 22 exposed(m,P,from,to) :- ever(m,P,from,to). Never retracted: changing host, mode, lock or seal betters only
 * material made afterwards.
 */
export const rule22 = (world: World, materials: readonly string[]): readonly FactOf<'ever'>[] =>
  world.each('ever').filter(({ material }) => materials.includes(material));
