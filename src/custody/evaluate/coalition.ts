/**
 * Coalitions of parties, written as counts: how many members of each class of interchangeable parties. Whatever a
 * rule concludes stays true when two parties of which the facts say the same change places, so five custodians of
 * whom three must agree are one coalition, {3 of them}, and not ten.
 */

/** Counts by class; the classes are those of one `Classes`. */
export type Coalition = readonly number[];

export class Classes {
  readonly #members: readonly (readonly string[])[];
  readonly #classOf: ReadonlyMap<string, number>;

  /** Parties with an equal signature are interchangeable. */
  constructor(signatures: ReadonlyMap<string, string>) {
    const parties = [...signatures.keys()].sort();
    const groups = Map.groupBy(parties, (party) => signatures.get(party));
    this.#members = [...groups.values()];
    this.#classOf = new Map(this.#members.flatMap((group, index) => group.map((party) => [party, index])));
  }

  get size(): number {
    return this.#members.length;
  }

  members(index: number): readonly string[] {
    return this.#members[index] ?? [];
  }

  indexOf(party: string): number {
    const index = this.#classOf.get(party);
    if (index === undefined) throw new TypeError(`no party ${party}`);
    return index;
  }

  /** The coalition of these parties. */
  of(parties: readonly string[]): Coalition {
    const counts = new Array<number>(this.size).fill(0);
    for (const party of new Set(parties))
      counts[this.indexOf(party)] = (counts[this.indexOf(party)] ?? 0) + 1;
    return counts;
  }

  /** The smallest coalitions with at least `k` of these parties, who are whole classes; undefined beyond `most`. */
  atLeast(k: number, parties: readonly string[], most: number): readonly Coalition[] | undefined {
    const all = this.of(parties);
    let partial: readonly (readonly number[])[] = [[]];
    for (const present of all) {
      partial = partial.flatMap((counts) =>
        Array.from({ length: Math.min(present, k - sum(counts)) + 1 }, (_, count) => [...counts, count]),
      );
      if (partial.length > most) return undefined;
    }
    return partial.filter((counts) => sum(counts) === k);
  }
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

export const covers = (larger: Coalition, smaller: Coalition): boolean =>
  smaller.every((count, index) => count <= (larger[index] ?? 0));

/** The smallest coalition that covers both. */
export const both = (a: Coalition, b: Coalition): Coalition =>
  a.map((count, index) => Math.max(count, b[index] ?? 0));

/** Whom `needed` has beyond `present`. */
export const beyond = (needed: Coalition, present: Coalition): Coalition =>
  needed.map((count, index) => Math.max(count - (present[index] ?? 0), 0));

const compare = (a: Coalition, b: Coalition): number => {
  const difference = sum(a) - sum(b);
  if (difference !== 0) return difference;
  const index = a.findIndex((count, at) => count !== b[at]);
  return index === -1 ? 0 : (b[index] ?? 0) - (a[index] ?? 0);
};

/** Those that cover no other, the smallest first, in one order always. */
export function minimal(coalitions: Iterable<Coalition>): readonly Coalition[] {
  const kept: Coalition[] = [];
  for (const coalition of [...coalitions].sort(compare)) {
    if (!kept.some((smaller) => covers(coalition, smaller))) kept.push(coalition);
  }
  return kept;
}

export const anyCovered = (coalition: Coalition, among: readonly Coalition[]): boolean =>
  among.some((smaller) => covers(coalition, smaller));
