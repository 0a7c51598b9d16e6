/** Rule 24: what an object is judged by. */
import type { World } from './clause.ts';

/** A key is judged by all its materials. */
export const materialsOfKey = (world: World, key: string): readonly string[] => [
  ...new Set(
    world
      .each('material')
      .filter((fact) => fact.key === key)
      .map(({ material }) => material),
  ),
];

/** 24 object(D,m) is judged by m, not by its key's newest material. */
export const rule24 = (world: World, object: string): readonly string[] => [
  ...new Set(
    world
      .each('object')
      .filter((fact) => fact.object === object)
      .map(({ material }) => material),
  ),
];
