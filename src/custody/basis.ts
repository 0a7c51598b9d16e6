/** Facts with what they rest on. */
import type { Bare, Basis, Fact } from './facts.ts';

export const resting = (basis: Basis, ...facts: readonly Bare[]): readonly Fact[] =>
  facts.map((fact) => ({ ...fact, basis }) as Fact);

export const recorded = (place: 'journal' | 'lineage' | 'store', entry?: string): Basis => ({
  basis: 'recorded',
  in: place,
  ...(entry === undefined ? {} : { entry }),
});
export const enforced = (by: string, on: string): Basis => ({ basis: 'enforced', by, on });
export const assumed = (because: string): Basis => ({ basis: 'assumed', because });
export const iso = (ms: number): string => new Date(ms).toISOString();
