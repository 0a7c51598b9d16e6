/** What the order obtained beside what the report says: neither may say more or less than the other. */
import type { Report } from '../../../src/custody/report/report.ts';
import type { Arrangement } from '../arrangement.ts';
import type { Gain } from '../order/attempt.ts';
import type { Served } from '../order/order.ts';
import { type Expected, expectedOf } from './expected.ts';
import { cellsOf, rowOf, subjectIn } from './reports.ts';

export interface Result {
  readonly arrangement: Arrangement;
  readonly served: Served;
  readonly obtained: Readonly<Record<Gain, boolean>>;
  /** The verdict for whoever does only what the tour does. */
  readonly expected: Expected;
  /** The report's rows of the subject, `material / use` by actor. */
  readonly cells: Readonly<Record<string, string>>;
  /** What the report has for all the operator's people and machines: memory counts there. */
  readonly operator: string;
  readonly contradictions: readonly string[];
}

export const shownActors = [
  'staff',
  'service-account',
  'operator-as-one',
  'thief-of-disk',
  'thief-of-backup',
] as const;

export function resultOf(arrangement: Arrangement, served: Served, report: Report): Result {
  const subject = subjectIn(report, arrangement.subject);
  const expected = expectedOf(subject, report.validAt.time);
  const got = (gain: Gain) => served.attempts.some((attempt) => attempt.got.includes(gain));
  const obtained = { material: got('material'), use: got('use') };
  const { M, U } = rowOf(subject, 'operator-as-one').cells;
  const answers = { material: M.answer, use: U.answer };
  const contradictions = (['material', 'use'] as const).flatMap((gain) => [
    ...(obtained[gain] === expected[gain]
      ? []
      : [
          `${gain} was ${obtained[gain] ? '' : 'not '}obtained; by the rules the tour's own powers give: ${expected.text}`,
        ]),
    ...(obtained[gain] && answers[gain] !== 'alone'
      ? [`${gain} was obtained, and the report answers ${answers[gain]} for the operator as one`]
      : []),
  ]);
  return {
    arrangement,
    served,
    obtained,
    expected,
    cells: Object.fromEntries(shownActors.map((actor) => [actor, cellsOf(subject, actor)])),
    operator: cellsOf(subject, 'operator-as-one'),
    contradictions,
  };
}
