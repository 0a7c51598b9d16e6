/**
 * The vocabulary of the custody report: facts, each with its basis. Nothing else is known to the rules; whoever
 * collects facts writes these, and a file of them gives the same verdicts without a server. docs/custody.md
 * explains each.
 */

type Field =
  | 'text'
  /** Absent counts at its worst: `defaults.ts`. */
  | 'text?'
  | 'count'
  /** ISO 8601. */
  | 'time?'
  | 'texts'
  | readonly string[];

/** The fields of each fact, in the order of its arguments. */
export const vocabulary = {
  party: { party: 'text', kind: 'text', owner: 'text' },
  law: { party: 'text', law: 'text' },
  root: { party: 'text', host: 'text' },
  provider: { party: 'text', host: 'text' },
  sealedmem: { host: 'text' },
  account: { party: 'text', user: 'text' },
  net: { party: 'text', process: 'text' },
  keeper: { party: 'text', secret: 'text' },
  share: { party: 'text', secret: 'text' },
  quorum: { secret: 'text', k: 'count' },
  approve: { act: ['use'], group: 'texts', k: 'count', key: 'text?' },
  sole: { party: 'text', material: 'text' },
  proc: { process: 'text', role: 'text', host: 'text?', user: 'text?', state: ['run', 'stop'] },
  mem: { process: 'text', secret: 'text' },
  live: { process: 'text', key: 'text' },
  passes: { process: 'text', key: 'text' },
  accepts: { process: 'text', credential: 'text', key: 'text', for: ['use', 'wrap'] },
  chooses: { party: 'text', process: 'text', mode: ['auto', 'tenant'] },
  place: { place: 'text', kind: 'text', host: 'text?', until: 'time?' },
  reader: { party: 'text', place: 'text' },
  stored: { secret: 'text', place: 'text', under: 'text' },
  material: { key: 'text', material: 'text' },
  object: { object: 'text', material: 'text' },
  came: { material: 'text', from: ['inside', 'receipt', 'outside'] },
  destroyed: { secret: 'text', place: 'text', entry: 'text' },
  ever: { material: 'text', party: 'text', from: 'time?', to: 'time?' },
  handed: { key: 'text', principal: 'text', n: 'count' },
  /** Whether a process lets its callers wrap the material out. */
  extractable: { process: 'text', material: 'text', answer: ['yes', 'no'] },
  /** The secret is a passphrase. */
  passphrase: { secret: 'text' },
  /** It withstands guessing by whoever holds what it locks. */
  strong: { secret: 'text' },
  /** Calls to the process are encrypted up to it. */
  tls: { process: 'text' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Field>>>>;

export type FactName = keyof typeof vocabulary;

/** What a fact rests on. */
export type Basis =
  | { readonly basis: 'enforced'; readonly by: string; readonly on: string }
  | { readonly basis: 'recorded'; readonly in: 'journal' | 'lineage' | 'store'; readonly entry?: string }
  | { readonly basis: 'declared'; readonly by: string; readonly at: string }
  | { readonly basis: 'vendor'; readonly vendor: string; readonly statement: string }
  | { readonly basis: 'assumed'; readonly because: string };

type ValueOf<F> = F extends 'count'
  ? number
  : F extends 'texts'
    ? readonly string[]
    : F extends readonly (infer Word)[]
      ? Word
      : string;
type Optional<Fields> = { [K in keyof Fields]: Fields[K] extends `${string}?` ? K : never }[keyof Fields];
type Arguments<Fields> = { readonly [K in Exclude<keyof Fields, Optional<Fields>>]: ValueOf<Fields[K]> } & {
  readonly [K in Optional<Fields>]?: string;
};

export type FactOf<Name extends FactName> = { readonly fact: Name } & Arguments<(typeof vocabulary)[Name]> & {
    readonly basis: Basis;
  };
export type Fact = { [Name in FactName]: FactOf<Name> }[FactName];

/** A fact before somebody says what it rests on. */
export type Bare = { [Name in FactName]: Omit<FactOf<Name>, 'basis'> }[FactName];

/** `under` of a secret that lies open. */
export const CLEAR = 'clear';

/** Kinds of party that the answers and the actors know; any other is a party named for itself. */
export const partyKinds = [
  'staff',
  'service-account',
  'root',
  'keeper',
  'approver',
  'host-provider',
  'database-provider',
  'backup-provider',
  'bucket-provider',
  'tls-endpoint',
  'build',
  'network',
  'tenant',
  'hsm-administrator',
  'crypto-user',
  'root-credential',
  'credential',
  'former-administrator',
  'thief-of-disk',
  'thief-of-backup',
  'thief-of-running-machine',
] as const;
export type PartyKind = (typeof partyKinds)[number];

/** Owners that the rules know by name. */
export const OPERATOR = 'operator';
export const TENANT = 'tenant';

export interface Facts {
  /** When they held: ISO 8601, with its offset. */
  readonly at: string;
  readonly facts: readonly Fact[];
}

/** Those of one name. */
export const named = <Name extends FactName>(facts: readonly Fact[], name: Name): readonly FactOf<Name>[] =>
  facts.filter(({ fact }) => fact === name) as unknown as readonly FactOf<Name>[];

/** `root(root, host)`: a fact as the rules write it. */
export function factText({ basis: _, fact, ...about }: Fact): string {
  const values: Readonly<Record<string, unknown>> = about;
  const words = Object.keys(vocabulary[fact]).map((field) => {
    const value = values[field];
    return Array.isArray(value) ? `[${value.join(', ')}]` : value === undefined ? '-' : String(value);
  });
  return `${fact}(${words.join(', ')})`;
}

/** What a fact rests on, in words. */
export function basisText(basis: Basis): string {
  switch (basis.basis) {
    case 'enforced':
      return `enforced by ${basis.by} on ${basis.on}`;
    case 'recorded':
      return `recorded in the ${basis.in}${basis.entry === undefined ? '' : `, entry ${basis.entry}`}`;
    case 'declared':
      return `declared by ${basis.by}, ${basis.at}`;
    case 'vendor':
      return `stated by ${basis.vendor}: ${basis.statement}`;
    case 'assumed':
      return `assumed: ${basis.because}`;
  }
}
