/**
 * Facts about the outside world that only people can know: who is under which law, who has root on which host,
 * who keeps which secret. The custody report reasons with them, naming who declared each and when.
 */
import { parse } from 'yaml';
import type { Parser } from './parsers.ts';
import { didYouMean, NotAllowed } from './problems.ts';

export interface DeclaredFact {
  readonly fact: FactName;
  readonly about: Readonly<Record<string, string>>;
  readonly declaredBy: string;
  /** An ISO 8601 date, or date and time with its offset. */
  readonly declaredAt: string;
}

/** What each fact is about, in the order of its arguments. */
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
  sole: ['party', 'material'],
  chooses: ['party', 'process', 'mode'],
  place: ['place', 'kind', 'host', 'until'],
  reader: ['party', 'place'],
} as const;
export type FactName = keyof typeof declarable;
const names = Object.keys(declarable) as readonly FactName[];

/** `chooses(P,Proc,auto|tenant)`: whether a new build takes effect by itself or by the tenant's act. */
const MODES = ['auto', 'tenant'];
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
  const about = Object.fromEntries(declarable[fact].map((key) => [key, value(key)]));
  if (about.mode !== undefined && !MODES.includes(about.mode)) {
    throw new NotAllowed(`mode is one of ${MODES.join(', ')}`, [...path, 'mode']);
  }
  return { fact, about, declaredBy: value('declared-by'), declaredAt: dateOf(value('declared-at'), path) };
}

function refuseUnknown(fields: Fields, fact: FactName, path: readonly (string | number)[]): void {
  const known = ['fact', ...declarable[fact], 'declared-by', 'declared-at'];
  for (const key of Object.keys(fields)) {
    if (known.includes(key)) continue;
    throw new NotAllowed(`${fact} has ${known.join(', ')}, not "${key}"${didYouMean(key, known)}`, [
      ...path,
      key,
    ]);
  }
}

function textOf(fields: Fields, key: string, fact: FactName, path: readonly (string | number)[]): string {
  const value = fields[key];
  if (value === undefined) throw new NotAllowed(`${fact} needs ${key}`, path);
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_TEXT) {
    throw new NotAllowed(
      `${key} is a text of 1 to ${MAX_TEXT} characters (quote it if YAML takes it for a number)`,
      [...path, key],
    );
  }
  return value;
}

function dateOf(value: string, path: readonly (string | number)[]): string {
  if (ISO.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw new NotAllowed('declared-at is a date such as 2026-11-24 or 2026-11-24T09:30:00Z', [
    ...path,
    'declared-at',
  ]);
}
