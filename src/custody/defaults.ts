/**
 * What nobody says counts at its worst. Each function below turns silence about one thing into facts, marked
 * `assumed`, so that the rules meet complete facts and a reader sees what was assumed.
 */
import { assumed, resting } from './basis.ts';
import { type Bare, CLEAR, type Fact, type Facts, named, OPERATOR } from './facts.ts';

/** The host of what has none. */
const OPERATORS_HOST = "operator's host";
const OPERATORS_ROOT = "operator's root";
export const NETWORK = 'whoever is on the network path';

/** The facts with what silence adds; in the same order each time. */
export function completed({ at, facts }: Facts): Facts {
  const steps = [hosts, roots, users, wrapping, origins, solePossession, passphrases, openNetwork, parties];
  return { at, facts: steps.reduce<readonly Fact[]>((known, step) => step(known), facts) };
}

const assume = (because: string, ...facts: readonly Bare[]): readonly Fact[] =>
  resting(assumed(because), ...facts);

/** Host: the operator's. */
const hosts = (facts: readonly Fact[]): readonly Fact[] =>
  facts.map((fact) =>
    (fact.fact === 'proc' || fact.fact === 'place') && fact.host === undefined
      ? { ...fact, host: OPERATORS_HOST }
      : fact,
  );

/** A host whose root nobody names is the operator's. */
function roots(facts: readonly Fact[]): readonly Fact[] {
  const rooted = new Set(named(facts, 'root').map(({ host }) => host));
  const used = [...named(facts, 'proc'), ...named(facts, 'place')].map(({ host }) => host);
  const bare = [...new Set(used)].filter((host) => host !== undefined && !rooted.has(host));
  const known = named(facts, 'party').find(({ kind, owner }) => kind === 'root' && owner === OPERATOR);
  const party = known?.party ?? OPERATORS_ROOT;
  return [
    ...facts,
    ...(bare.length > 0 && known === undefined
      ? assume('the operator has a root', { fact: 'party', party, kind: 'root', owner: OPERATOR })
      : []),
    ...bare.flatMap((host = '') =>
      assume('nobody says whose host this is: the operator’s', { fact: 'root', party, host }),
    ),
  ];
}

/** Operating system's user: shared by all who have one. */
function users(facts: readonly Fact[]): readonly Fact[] {
  const shared = (process: string) => `shared user of ${process}`;
  const open = named(facts, 'proc').filter(({ user }) => user === undefined);
  const holders = new Set([
    ...named(facts, 'account').map(({ party }) => party),
    ...named(facts, 'party').flatMap(({ party, kind }) => (kind === 'service-account' ? [party] : [])),
  ]);
  return [
    ...facts.map((fact) =>
      fact.fact === 'proc' && fact.user === undefined ? { ...fact, user: shared(fact.process) } : fact,
    ),
    ...open.flatMap(({ process }) =>
      [...holders].flatMap((party) =>
        assume('nobody says that the process has a user of its own', {
          fact: 'account',
          party,
          user: shared(process),
        }),
      ),
    ),
  ];
}

/** Extractable: yes, so whoever may use a key in a process may wrap its material out. */
function wrapping(facts: readonly Fact[]): readonly Fact[] {
  const answers = named(facts, 'extractable');
  const materials = named(facts, 'material');
  return [
    ...facts,
    ...named(facts, 'accepts')
      .filter((accepts) => accepts.for === 'use')
      .flatMap(({ process, credential, key }) =>
        materials
          .filter((material) => material.key === key)
          .flatMap(({ material }) => {
            const known = answers.filter((one) => one.process === process && one.material === material);
            if (known.length > 0 && known.every(({ answer }) => answer === 'no')) return [];
            return assume('nobody says that the material cannot be wrapped out', {
              fact: 'accepts',
              process,
              credential,
              key: material,
              for: 'wrap',
            });
          }),
      ),
  ];
}

/** Origin: outside. */
function origins(facts: readonly Fact[]): readonly Fact[] {
  const known = new Set(named(facts, 'came').map(({ material }) => material));
  const materials = [...named(facts, 'material'), ...named(facts, 'object')].map(({ material }) => material);
  return [
    ...facts,
    ...[...new Set(materials)]
      .filter((material) => !known.has(material))
      .flatMap((material) =>
        assume('nobody says where the material was made', { fact: 'came', material, from: 'outside' }),
      ),
  ];
}

/** Whoever has the only copy outside keeps it. */
const solePossession = (facts: readonly Fact[]): readonly Fact[] => [
  ...facts,
  ...named(facts, 'sole').map(
    ({ party, material, basis }): Fact => ({ fact: 'keeper', party, secret: material, basis }),
  ),
];

/** Strength of a passphrase: guessable offline, by whoever reads something that it locks. */
function passphrases(facts: readonly Fact[]): readonly Fact[] {
  const strong = new Set(named(facts, 'strong').map(({ secret }) => secret));
  const weak = named(facts, 'passphrase').filter(({ secret }) => !strong.has(secret));
  return [
    ...facts,
    ...weak.flatMap(({ secret }) => {
      const locked = named(facts, 'stored').filter(({ under }) => under === secret);
      return [...new Set(locked.map(({ place }) => place))].flatMap((place) =>
        assume('the passphrase can be guessed offline', { fact: 'stored', secret, place, under: CLEAR }),
      );
    }),
  ];
}

/** TLS: none, so the path to a front sees what passes the front. */
function openNetwork(facts: readonly Fact[]): readonly Fact[] {
  const protectedOnes = new Set(named(facts, 'tls').map(({ process }) => process));
  const open = named(facts, 'proc').filter(
    ({ process, role }) => role === 'front' && !protectedOnes.has(process),
  );
  return [
    ...facts,
    ...open.flatMap(({ process, state, host = OPERATORS_HOST }) => {
      const wire = `network before ${process}`;
      return assume(
        'nobody says that calls are encrypted',
        { fact: 'proc', process: wire, role: 'network', host, user: wire, state },
        { fact: 'account', party: NETWORK, user: wire },
        ...named(facts, 'passes')
          .filter((passes) => passes.process === process)
          .map(({ key }): Bare => ({ fact: 'passes', process: wire, key })),
      );
    }),
    ...(open.length > 0
      ? assume('nobody says who carries the calls', {
          fact: 'party',
          party: NETWORK,
          kind: 'network',
          owner: NETWORK,
        })
      : []),
  ];
}

/** A party of whom nothing else is said is the operator's. */
function parties(facts: readonly Fact[]): readonly Fact[] {
  const known = new Set(named(facts, 'party').map(({ party }) => party));
  return [
    ...facts,
    ...partiesOf(facts)
      .filter((party) => !known.has(party))
      .flatMap((party) =>
        assume('nobody says whose this party is: the operator’s', {
          fact: 'party',
          party,
          kind: 'party',
          owner: OPERATOR,
        }),
      ),
  ];
}

/** Every party that a fact names, sorted. */
export const partiesOf = (facts: readonly Fact[]): readonly string[] =>
  [
    ...new Set(
      facts.flatMap((fact) => (fact.fact === 'approve' ? fact.group : 'party' in fact ? [fact.party] : [])),
    ),
  ].sort();
