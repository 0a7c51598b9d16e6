/**
 * Who there is: those whom the settings declare, and for each part that nobody declares one party that plays it, so that
 * no way is left out for want of a name.
 */

import { assumed, enforced, recorded, resting } from '../basis.ts';
import {
  type Bare,
  type Fact,
  type FactName,
  type FactOf,
  named,
  OPERATOR,
  type PartyKind,
  TENANT,
} from '../facts.ts';
import { FRONT, SEAL } from './names.ts';
import type { Machine } from './sources.ts';

export class People {
  readonly #declared: readonly Fact[];

  constructor(declared: readonly Fact[]) {
    this.#declared = declared;
  }

  each<Name extends FactName>(name: Name): readonly FactOf<Name>[] {
    return named(this.#declared, name);
  }

  /** Those declared of the kind, or one of that name. */
  of(kind: PartyKind): readonly string[] {
    const known = this.each('party').filter((party) => party.kind === kind);
    return known.length === 0 ? [kind] : known.map(({ party }) => party);
  }

  isDeclared = (kind: PartyKind): boolean => this.each('party').some((party) => party.kind === kind);

  /** The tenant of an account: the one of its name, or the only one, or one that nobody declared. */
  tenantOf(account: string, accountName: string): string {
    const tenants = this.each('party').filter(({ kind, owner }) => kind === 'tenant' && owner === TENANT);
    const named = tenants.find(({ party }) => party === account || party === accountName);
    const [only] = tenants;
    return named?.party ?? (tenants.length === 1 && only !== undefined ? only.party : 'tenant');
  }
}

const party = (name: string, owner: string): Bare => ({ fact: 'party', party: name, kind: name, owner });

/** Parties that nobody declared, who keeps the seal, and who is where. */
export function peopleFacts(people: People, machine: Machine, tenants: readonly string[]): readonly Fact[] {
  const kinds = ['staff', 'service-account', 'keeper'] as const;
  const missing = kinds.filter((kind) => !people.isDeclared(kind));
  const declaredTenants = people.each('party').map(({ party: name }) => name);
  return [
    ...missing.flatMap((kind) => resting(assumed('the operator has one'), party(kind, OPERATOR))),
    ...tenants
      .filter((tenant) => !declaredTenants.includes(tenant))
      .flatMap((tenant) => resting(recorded('store'), { ...party('tenant', TENANT), party: tenant } as Bare)),
    ...accounts(people, machine),
    ...roots(people, machine),
    ...keepers(people),
    ...thieves(machine),
    ...network(people, machine, tenants),
  ];
}

/** Whoever may act as the server's user. */
function accounts(people: People, { user, host }: Machine): readonly Fact[] {
  if (people.each('account').some((account) => account.user === user)) return [];
  return people
    .of('service-account')
    .flatMap((name) =>
      resting(enforced('the operating system', host), { fact: 'account', party: name, user }),
    );
}

function roots(people: People, { host }: Machine): readonly Fact[] {
  if (people.each('root').some((root) => root.host === host)) return [];
  const known = people.isDeclared('root');
  return [
    ...(known ? [] : resting(assumed('the operator has a root'), party('root', OPERATOR))),
    ...people.of('root').flatMap((name) =>
      resting(assumed('nobody says whose host this is: the operator’s'), {
        fact: 'root',
        party: name,
        host,
      }),
    ),
  ];
}

function keepers(people: People): readonly Fact[] {
  const known = [...people.each('keeper'), ...people.each('share')];
  if (known.some(({ secret }) => secret === SEAL)) return [];
  return people.of('keeper').flatMap((name) =>
    resting(assumed('whoever made the seal keeps a copy of it'), {
      fact: 'keeper',
      party: name,
      secret: SEAL,
    }),
  );
}

/** Of the suppositions: a thief of the machine as it runs has what root has. */
const thieves = ({ host }: Machine): readonly Fact[] =>
  resting(
    assumed('somebody may take it'),
    party('thief-of-disk', 'nobody'),
    party('thief-of-backup', 'nobody'),
    party('thief-of-running-machine', 'nobody'),
    { fact: 'root', party: 'thief-of-running-machine', host },
  );

/** Who reaches the front: those on its machine, clients, and where it listens beyond its machine whoever steals. */
function network(
  people: People,
  { host, listensBeyondHost }: Machine,
  tenants: readonly string[],
): readonly Fact[] {
  const near = [...people.of('staff'), ...people.of('service-account'), ...tenants];
  const far = listensBeyondHost ? ['thief-of-disk', 'thief-of-backup'] : [];
  return [...near, ...far].flatMap((name) =>
    resting(enforced('the listener', host), { fact: 'net', party: name, process: FRONT }),
  );
}
