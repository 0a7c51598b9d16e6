/** The rules that say what a coalition can do now. docs/custody.md has them as a page. */
import type { Clause, World } from './clause.ts';
import { rule7, rule8, rule9, rule10, rule11, rule12 } from './has.ts';
import { reachRule, rule1, rule2, rule3, rule4 } from './inside.ts';
import { fromNextStart, rule18 } from './next.ts';
import { rule17 } from './pass.ts';
import { rule5, rule6 } from './reads.ts';
import { heldBySomebody } from './unknown.ts';
import { rule13, rule14, rule15, rule16 } from './use.ts';

const now = [
  ...[rule1, rule2, rule3, rule4, rule5, rule6, rule7, rule8, rule9, rule10, rule11, rule12],
  ...[rule13, rule14, rule15, rule16, rule17, heldBySomebody, reachRule],
];

export const clausesNow = (world: World): readonly Clause[] => now.flatMap((rule) => rule(world));

/** With what a build that somebody chooses adds at the next start. */
export const clausesFromNextStart = (world: World): readonly Clause[] =>
  [...now, rule18, fromNextStart].flatMap((rule) => rule(world));
