/** Declarations of the settings as facts. */
import { type Fact, type FactName, vocabulary } from '../facts.ts';
import type { Declared } from './sources.ts';

const isFactName = (name: string): name is FactName => Object.hasOwn(vocabulary, name);

export const declaredFacts = (declared: readonly Declared[]): readonly Fact[] =>
  declared.flatMap(({ fact, about, declaredBy: by, declaredAt: at }) => {
    if (!isFactName(fact)) return [];
    const basis = { basis: 'declared', by, at } as const;
    const fields = Object.entries(about).map(([key, value]) => [key, fieldValue(fact, key, value)]);
    return [{ fact, ...Object.fromEntries(fields), basis } as Fact];
  });

function fieldValue(fact: FactName, key: string, value: string): unknown {
  const fields: Readonly<Record<string, unknown>> = vocabulary[fact];
  if (fields[key] === 'count') return Number(value);
  return fields[key] === 'texts' ? value.split(', ') : value;
}
