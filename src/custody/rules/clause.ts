/**
 * What the rules are made of. A rule turns facts into ground clauses: a coalition has the head when it has all of
 * the body. Heads and bodies are about coalitions only; whatever the rules negate are facts, so one least fixpoint
 * is enough (`unknown`, which is negated too, is settled from facts alone).
 */
import type { Fact, FactName, FactOf, Facts } from '../facts.ts';

/** Something that is true of a coalition, such as `has(m)`. */
export type Atom = string & { readonly atom: unique symbol };

const atom = (relation: string) => (argument: string) => `${relation}(${argument})` as Atom;

/** The party is in the coalition. */
export const member = atom('in');
export const at = atom('at');
export const inside = atom('inside');
export const reach = atom('reach');
export const reads = atom('reads');
export const has = atom('has');
export const use = atom('use');
export const pass = atom('pass');
export const next = atom('next');

export interface Clause {
  /** The number of the rule in docs/custody.md; 0 for the definition of `reach`. */
  readonly rule: number;
  readonly head: Atom;
  readonly body: readonly Atom[];
  /** Beside the body: this many of these parties are in the coalition. */
  readonly atLeast?: { readonly k: number; readonly of: readonly string[] };
  /** The facts that the clause rests on. */
  readonly facts: readonly Fact[];
}

export type Rule = (world: World) => readonly Clause[];

/** The facts, by name, at their time. */
export class World {
  readonly at: number;
  readonly #byName: ReadonlyMap<FactName, readonly Fact[]>;

  constructor({ at, facts }: Facts) {
    this.at = Date.parse(at);
    this.#byName = Map.groupBy(facts, ({ fact }) => fact);
  }

  each<Name extends FactName>(name: Name): readonly FactOf<Name>[] {
    return (this.#byName.get(name) ?? []) as unknown as readonly FactOf<Name>[];
  }

  /** `proc(Pr,_,_,_,run)` */
  running(): readonly FactOf<'proc'>[] {
    return this.each('proc').filter(({ state }) => state === 'run');
  }
}

/** The pairs of two lists that belong together. */
export const joined = <A, B>(
  left: readonly A[],
  right: readonly B[],
  together: (a: A, b: B) => boolean,
): readonly (readonly [A, B])[] =>
  left.flatMap((a) => right.filter((b) => together(a, b)).map((b) => [a, b] as const));
