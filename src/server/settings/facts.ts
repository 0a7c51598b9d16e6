/**
 * Facts about the outside world that only people can know: who is under which law, who has root on which host,
 * who keeps which secret. The custody report reasons with them, naming who declared each and when.
 */
import { parse } from 'yaml';
import type { Parser } from './parsers.ts';
import { didYouMean, NotAllowed } from './problems.ts';

export interface DeclaredFact {
  readonly fact: FactName;
  /** Of a list, with `, ` between its items, none of which has a comma. */
  readonly about: Readonly<Record<string, string>>;
  readonly declaredBy: string;
  /** An ISO 8601 date, or date and time with its offset. */
  readonly declaredAt: string;
}

/** What each fact is about, in the order of its arguments; one with `?` can be left out. */
const declarable = {
  party: ['party', 'kind', 'owner'],
  law: ['party', 'law'],
  root: ['party', 'host'],
  provider: ['party', 'host'],
  sealedmem: ['host'],
  account: ['party', 'user'],
  net: ['party', 'process'],
  keeper: ['party', 'secret'],
  share: ['party', 'secret'],
  quorum: ['secret', 'k'],
  approve: ['act', 'group', 'k', 'key?'],
  sole: ['party', 'material'],
  chooses: ['party', 'process', 'mode'],
  place: ['place', 'kind', 'host?', 'until?'],
  reader: ['party', 'place'],
  strong: ['secret'],
  tls: ['process'],
} as const;
export type FactName = keyof typeof declarable;
const names = Object.keys(declarable) as readonly FactName[];

/**
 * `chooses(P,Proc,auto|tenant)`: whether a new build takes effect by itself or by the tenant's act. `approve(Act,Group,k)`:
 * the one act that staff may need approvals for is the use of keys.
 */
const words: Readonly<Record<string, readonly string[]>> = { mode: ['auto', 'tenant'], act: ['use'] };
const MAX_GROUP = 1_000;
const ISO =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-9]{2}))?$/;
const MAX_TEXT = 500;

type Fields = Readonly<Record<string, unknown>>;

/** A YAML list; the environment variable holds one as text. */
export const declaredFacts: Parser<readonly DeclaredFact[]> = (raw) => {
  const list = typeof raw === 'string' ? parsedText(raw) : raw;
  if (!Array.isArray(list))
    throw new NotAllowed('a list of facts, each with fact, declared-by and declared-at');
  return list.map((item, index) => declaredFact(item, [index]));
};

function parsedText(raw: string): unknown {
  try {
    return parse(raw);
  } catch (error) {
    throw new NotAllowed(`a list of facts in YAML or JSON (${(error as Error).message.split('\n')[0]})`);
  }
}

function declaredFact(item: unknown, path: readonly (string | number)[]): DeclaredFact {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new NotAllowed(
      'a fact, such as {fact: law, party: ..., law: ..., declared-by: ..., declared-at: ...}',
      path,
    );
  }
  const fields = item as Fields;
  const fact = names.find((name) => name === fields.fact);
  if (fact === undefined) {
    const hint = didYouMean(String(fields.fact), names);
    throw new NotAllowed(`fact is one of ${names.join(', ')}${hint}`, [...path, 'fact']);
  }
  refuseUnknown(fields, fact, path);
  const value = (key: string) => textOf(fields, key, fact, path);
  const given = declarable[fact].filter((key) => !key.endsWith('?') || fields[nameOf(key)] !== undefined);
  const about = Object.fromEntries(
    given.map(nameOf).map((key) => [key, key === 'group' ? groupOf(fields, path) : value(key)]),
  );
  for (const [key, allowed] of Object.entries(words)) {
    if (about[key] !== undefined && !allowed.includes(about[key]))
      throw new NotAllowed(`${key} is one of ${allowed.join(', ')}`, [...path, key]);
  }
  if (about.until !== undefined) dateOf(about.until, 'until', path);
  if (about.k !== undefined && !/^[1-9][0-9]{0,3}$/.test(about.k))
    throw new NotAllowed('k is a whole number from 1 to 9999', [...path, 'k']);
  return {
    fact,
    about,
    declaredBy: value('declared-by'),
    declaredAt: dateOf(value('declared-at'), 'declared-at', path),
  };
}

function refuseUnknown(fields: Fields, fact: FactName, path: readonly (string | number)[]): void {
  const known = ['fact', ...declarable[fact].map(nameOf), 'declared-by', 'declared-at'];
  for (const key of Object.keys(fields)) {
    if (known.includes(key)) continue;
    throw new NotAllowed(`${fact} has ${known.join(', ')}, not "${key}"${didYouMean(key, known)}`, [
      ...path,
      key,
    ]);
  }
}

const nameOf = (key: string): string => key.replace('?', '');

function groupOf({ group }: Fields, path: readonly (string | number)[]): string {
  const isName = (item: unknown) =>
    typeof item === 'string' && item.trim() !== '' && item.length <= MAX_TEXT && !item.includes(',');
  if (Array.isArray(group) && group.length > 0 && group.length <= MAX_GROUP && group.every(isName))
    return group.join(', ');
  throw new NotAllowed('group is a list of parties, whose names have no comma', [...path, 'group']);
}

function textOf(fields: Fields, key: string, fact: FactName, path: readonly (string | number)[]): string {
  const value = key === 'k' && typeof fields.k === 'number' ? String(fields.k) : fields[key];
  if (value === undefined) throw new NotAllowed(`${fact} needs ${key}`, path);
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_TEXT) {
    throw new NotAllowed(
      `${key} is a text of 1 to ${MAX_TEXT} characters (quote it if YAML takes it for a number)`,
      [...path, key],
    );
  }
  return value;
}

function dateOf(value: string, key: string, path: readonly (string | number)[]): string {
  if (ISO.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw new NotAllowed(`${key} is a date such as 2026-11-24 or 2026-11-24T09:30:00Z`, [...path, key]);
}
