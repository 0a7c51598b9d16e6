/** Who the parties are: whose, what the answers call them, and which of them are interchangeable. */

import { type Fact, type FactOf, OPERATOR, TENANT, vocabulary } from './facts.ts';
import type { World } from './rules/clause.ts';
import { SOMEBODY } from './rules/unknown.ts';

/**
 * O the operator's root or service account, K the seal's keeper, H the host's provider, X another named party,
 * T the tenant; `?` somebody unknown.
 */
export type Letter = 'O' | 'K' | 'H' | 'X' | 'T' | '?';

export class Parties {
  readonly #world: World;
  readonly #facts: ReadonlyMap<string, FactOf<'party'>>;

  constructor(world: World) {
    this.#world = world;
    this.#facts = new Map(world.each('party').map((fact) => [fact.party, fact]));
  }

  kind = (party: string): string => this.#facts.get(party)?.kind ?? 'party';
  owner = (party: string): string => this.#facts.get(party)?.owner ?? '';

  letter(party: string): Letter {
    if (party === SOMEBODY) return '?';
    if (this.owner(party) === TENANT) return 'T';
    const is = (kind: string) => this.kind(party) === kind;
    if (is('root') || is('service-account')) return this.owner(party) === OPERATOR ? 'O' : 'X';
    // What staff keeps are credentials, not the seal.
    if (is('staff')) return 'X';
    const keeps = [...this.#world.each('keeper'), ...this.#world.each('share')];
    if (is('keeper') || (this.owner(party) === OPERATOR && keeps.some((fact) => fact.party === party)))
      return 'K';
    return is('host-provider') ? 'H' : 'X';
  }

  /** A thief is a supposition: nobody needs one's help. */
  isSupposed = (party: string): boolean => this.kind(party).startsWith('thief');
}

/** For each party, all that the facts say of it but its name: equal for the interchangeable. */
export function signatures(facts: readonly Fact[], parties: readonly string[]): ReadonlyMap<string, string> {
  const said = new Map<string, Set<string>>(parties.map((party) => [party, new Set()]));
  for (const fact of facts) {
    if (fact.fact === 'approve') for (const party of fact.group) said.get(party)?.add(phrase(fact));
    else if ('party' in fact) said.get(fact.party)?.add(phrase({ ...fact, party: '' }));
  }
  return new Map([...said].map(([party, phrases]) => [party, JSON.stringify([...phrases].sort())]));
}

function phrase(fact: Fact): string {
  const values: Readonly<Record<string, unknown>> = { ...fact };
  return JSON.stringify([
    fact.fact,
    ...Object.keys(vocabulary[fact.fact]).map((field) => values[field] ?? null),
  ]);
}
