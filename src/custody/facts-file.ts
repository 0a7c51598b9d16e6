/** Facts as a file: JSON in, facts out, and the JSON schema (draft 2020-12) of the form. */
import { type Basis, type Fact, type FactName, type Facts, vocabulary } from './facts.ts';

/** The file is not one of facts; the message names the place. */
export class FactsError extends Error {
  override readonly name = 'FactsError';
}

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => string | undefined;

const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'a text');
const count: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'a whole number from 0';
const time: Check = (value) =>
  typeof value === 'string' && ISO.test(value) && !Number.isNaN(Date.parse(value))
    ? undefined
    : 'an ISO 8601 time';
const texts: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((item) => text(item) === undefined)
    ? undefined
    : 'a list of texts';
const oneOf =
  (words: readonly string[]): Check =>
  (value) =>
    words.some((word) => word === value) ? undefined : `one of ${words.join(', ')}`;

const ISO =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-9]{2}))?$/;

const kinds: Readonly<Record<string, { check: Check; schema: object }>> = {
  text: { check: text, schema: { type: 'string', minLength: 1 } },
  count: { check: count, schema: { type: 'integer', minimum: 0 } },
  time: { check: time, schema: { type: 'string', pattern: ISO.source } },
  texts: { check: texts, schema: { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } } },
};

const basisForms: Readonly<Record<Basis['basis'], Readonly<Record<string, string | readonly string[]>>>> = {
  enforced: { by: 'text', on: 'text' },
  recorded: { in: ['journal', 'lineage', 'store'], entry: 'text?' },
  declared: { by: 'text', at: 'time' },
  vendor: { vendor: 'text', statement: 'text' },
  assumed: { because: 'text' },
};

interface Form {
  readonly check: Check;
  readonly schema: object;
  readonly optional: boolean;
}

function formOf(field: string | readonly string[]): Form {
  if (typeof field !== 'string') return { check: oneOf(field), schema: { enum: field }, optional: false };
  const kind = kinds[field.replace('?', '')];
  if (kind === undefined) throw new TypeError(`no form ${field}`);
  return { ...kind, optional: field.endsWith('?') };
}

/** Throws FactsError. */
export function parseFacts(json: string): Facts {
  const file = fieldsOf(parsed(json), 'the file');
  checkFields(file, { at: 'time', facts: 'facts' }, 'the file', ['facts']);
  if (!Array.isArray(file.facts)) throw new FactsError('facts is a list');
  const facts = file.facts.map((item, index) => factOf(item, `facts[${index}]`));
  return { at: String(file.at), facts };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new FactsError(`not JSON: ${(error as Error).message}`);
  }
}

function factOf(item: unknown, where: string): Fact {
  const fields = fieldsOf(item, where);
  const name = Object.keys(vocabulary).find((known): known is FactName => known === fields.fact);
  if (name === undefined)
    throw new FactsError(`${where}.fact is one of ${Object.keys(vocabulary).join(', ')}`);
  const { fact: _, basis, ...about } = fields;
  checkFields(about, vocabulary[name], where);
  const { basis: kind, ...grounds } = fieldsOf(basis, `${where}.basis`);
  const form = Object.entries(basisForms).find(([known]) => known === kind)?.[1];
  if (form === undefined)
    throw new FactsError(`${where}.basis.basis is one of ${Object.keys(basisForms).join(', ')}`);
  checkFields(grounds, form, `${where}.basis`);
  return fields as unknown as Fact;
}

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new FactsError(`${where} is an object`);
}

function checkFields(
  fields: Fields,
  forms: Readonly<Record<string, string | readonly string[]>>,
  where: string,
  unchecked: readonly string[] = [],
): void {
  for (const key of Object.keys(fields)) {
    if (!Object.hasOwn(forms, key)) throw new FactsError(`${where} has no field ${JSON.stringify(key)}`);
  }
  for (const [key, field] of Object.entries(forms)) {
    if (unchecked.includes(key)) continue;
    const { check, optional } = formOf(field);
    if (fields[key] === undefined && optional) continue;
    const wanted = check(fields[key]);
    if (wanted !== undefined) throw new FactsError(`${where}.${key} is ${wanted}`);
  }
}

function objectSchema(
  forms: Readonly<Record<string, string | readonly string[]>>,
  constant: Readonly<Record<string, object>>,
): object {
  const entries = Object.entries(forms).map(([key, field]) => [key, formOf(field)] as const);
  return {
    type: 'object',
    properties: { ...constant, ...Object.fromEntries(entries.map(([key, { schema }]) => [key, schema])) },
    required: [...Object.keys(constant), ...entries.filter(([, form]) => !form.optional).map(([key]) => key)],
    additionalProperties: false,
  };
}

/** The JSON schema of a file that `parseFacts` takes. */
export function factsSchema(): object {
  const basis = {
    oneOf: Object.entries(basisForms).map(([kind, form]) => objectSchema(form, { basis: { const: kind } })),
  };
  const fact = {
    oneOf: Object.entries(vocabulary).map(([name, form]) =>
      objectSchema(form, { fact: { const: name }, basis: { $ref: '#/$defs/basis' } }),
    ),
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Facts of a custody report',
    ...objectSchema({ at: 'time' }, { facts: { type: 'array', items: { $ref: '#/$defs/fact' } } }),
    $defs: { basis, fact },
  };
}
