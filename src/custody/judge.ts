/** A subject judged: the ways to each question's answer, now and from the next start. */
import { completed, partiesOf } from './defaults.ts';
import { Classes } from './evaluate/coalition.ts';
import { leastFixpoint, type Ways } from './evaluate/fixpoint.ts';
import { CLEAR, type Facts } from './facts.ts';
import { Parties, signatures } from './parties.ts';
import { type Atom, type Clause, has, pass, use, World } from './rules/clause.ts';
import { stillStored } from './rules/has.ts';
import { materialsOfKey, rule24 } from './rules/objects.ts';
import { clausesFromNextStart, clausesNow } from './rules/rules.ts';
import { SOMEBODY } from './rules/unknown.ts';
import { openingClauses } from './rules/verdict.ts';

/** M obtain the key material; U get the key used; P see plaintext as it passes. */
export const questions = ['M', 'U', 'P'] as const;
export type Question = (typeof questions)[number];

export type Subject = { readonly key: string } | { readonly object: string };

export interface Judged {
  readonly subject: Subject;
  readonly world: World;
  readonly parties: Parties;
  readonly classes: Classes;
  readonly everybody: readonly string[];
  readonly materials: readonly string[];
  readonly lockedPlaces: readonly string[];
  readonly now: { readonly clauses: readonly Clause[]; readonly ways: Ways };
  /** The same as `now` where nobody is known to choose a build. */
  readonly nextStart: { readonly clauses: readonly Clause[]; readonly ways: Ways };
  /** The smallest coalitions, were only these clauses true. */
  readonly solve: (clauses: readonly Clause[]) => Ways;
}

export const goal = (question: Question): Atom => `goal(${question})` as Atom;

/** Throws TooManyWays. */
export function judge(given: Facts, subject: Subject): Judged {
  const { at, facts } = completed(given);
  const whole = new World({ at, facts });
  const materials = 'key' in subject ? materialsOfKey(whole, subject.key) : rule24(whole, subject.object);
  const keys = keysOf(whole, subject, materials);
  // An object is judged by its own material: what its key's other materials would open is no way to it.
  const relevant = facts.filter((fact) => fact.fact !== 'material' || materials.includes(fact.material));
  const world = new World({ at, facts: relevant });
  const everybody = [...partiesOf(relevant), SOMEBODY];
  const classes = new Classes(signatures(relevant, everybody));
  const lockedPlaces = [
    ...new Set(stillStored(world).flatMap(({ place, under }) => (under === CLEAR ? [] : [place]))),
  ].sort();
  const asked = goals(materials, keys);
  const solve = (clauses: readonly Clause[]) => leastFixpoint([...clauses, ...asked], classes, everybody);
  const settled = (clauses: readonly Clause[]) => {
    const all = [...clauses, ...asked];
    const opened = lockedPlaces.flatMap((place) => openingClauses(all, place));
    return { clauses: [...all, ...opened], ways: leastFixpoint([...all, ...opened], classes, everybody) };
  };
  const now = settled(clausesNow(world));
  return {
    subject,
    world,
    parties: new Parties(world),
    classes,
    everybody,
    materials,
    lockedPlaces,
    now,
    nextStart: world.each('chooses').length > 0 ? settled(clausesFromNextStart(world)) : now,
    solve,
  };
}

const keysOf = (world: World, subject: Subject, materials: readonly string[]): readonly string[] =>
  'key' in subject
    ? [subject.key]
    : [
        ...new Set(
          world
            .each('material')
            .filter(({ material }) => materials.includes(material))
            .map(({ key }) => key),
        ),
      ];

/** Clauses of no rule: the questions about this subject. */
const goals = (materials: readonly string[], keys: readonly string[]): readonly Clause[] =>
  [
    ...materials.map((material) => ({ head: goal('M'), body: [has(material)] })),
    ...keys.map((key) => ({ head: goal('U'), body: [use(key)] })),
    ...keys.map((key) => ({ head: goal('P'), body: [pass(key)] })),
  ].map((clause) => ({ ...clause, rule: 0, facts: [] }));
