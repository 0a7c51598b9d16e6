/** Of whom the report speaks: each party, the operator acting as one, and an authority under each law. */

import { OPERATOR, partyKinds } from './facts.ts';
import type { Judged } from './judge.ts';
import { laws, rule19 } from './rules/authority.ts';
import { SOMEBODY } from './rules/unknown.ts';

export interface Actor {
  /** `root`, `operator-as-one`, `authority:de`: what commands call it. */
  readonly id: string;
  readonly kind: string;
  readonly parties: readonly string[];
  /** All its parties are the operator's: the operator's root and service account are its own people. */
  readonly isOperators: boolean;
}

/** The law of whoever no declared law covers. */
export const UNDECLARED_LAW = 'any law that nobody declared';

/** In the order of the report. */
export function actorsOf({ world, parties, everybody }: Judged): readonly Actor[] {
  const named = everybody.filter((party) => party !== SOMEBODY);
  const operators = named.filter((party) => parties.owner(party) === OPERATOR);
  const order: readonly string[] = partyKinds;
  const rank = (kind: string) => (order.includes(kind) ? order.indexOf(kind) : order.length);
  const single = named
    .map(
      (party): Actor => ({
        id: party,
        kind: parties.kind(party),
        parties: [party],
        isOperators: parties.owner(party) === OPERATOR,
      }),
    )
    .sort((a, b) => rank(a.kind) - rank(b.kind));
  const under = (law: string): Actor => ({
    id: `authority:${law}`,
    kind: 'authority',
    parties: rule19(world, law).filter((party) => !parties.isSupposed(party)),
    isOperators: false,
  });
  return [
    { id: 'operator-as-one', kind: 'operator-as-one', parties: operators, isOperators: true },
    ...single,
    ...[...laws(world), UNDECLARED_LAW].map(under),
  ].filter((actor) => actor.parties.length > 0);
}
