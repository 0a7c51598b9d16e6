/** Verdicts by how little an actor needs: the weakest first. */
import type { CellReport, RowReport, VerdictReport } from './report.ts';

/** `not known` ranks as possible: somebody may have it. */
export function rank({ answer, ways }: VerdictReport): number {
  if (answer === 'alone') return 0;
  if (answer === 'not known') return 1;
  if (answer === 'nobody on record') return 1_000;
  const needs = ways.map((way) => way.needs.reduce((sum, { count }) => sum + count, 0));
  const approved = ways.some(({ approvals }) => approvals !== undefined);
  return (approved ? 2 : 3) + Math.min(...needs, 900);
}

const weakest = (cell: CellReport): number =>
  cell.fromNextStart === undefined ? rank(cell) : Math.min(rank(cell), rank(cell.fromNextStart));

export const weakestFirst = (rows: readonly RowReport[]): readonly RowReport[] =>
  rows.toSorted((a, b) => {
    for (const question of ['M', 'U', 'P'] as const) {
      const difference = weakest(a.cells[question]) - weakest(b.cells[question]);
      if (difference !== 0) return difference;
    }
    return 0;
  });
