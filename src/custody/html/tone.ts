import type { VerdictReport } from '../report/report.ts';

export type Tone = 'open' | 'part' | 'shut';

/** What is not known ranks as possible. */
export function toneOf({ answer, ways }: VerdictReport): Tone {
  if (answer === 'alone' || answer === 'not known') return 'open';
  if (answer === 'nobody on record') return 'shut';
  // Others get there, and the actor has nothing that they want.
  return ways.every(({ brings }) => brings === 'nothing') ? 'shut' : 'part';
}

const byReach: readonly Tone[] = ['open', 'part', 'shut'];

/** The tone of the answer that gives more away. */
export const weaker = (a: VerdictReport, b: VerdictReport): Tone =>
  byReach[Math.min(byReach.indexOf(toneOf(a)), byReach.indexOf(toneOf(b)))] ?? 'open';
