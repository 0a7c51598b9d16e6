import type { Operation } from '../../core/call.ts';
import type { Explanation, Reporter } from '../../custody/report/reporter.ts';
import { listOf, operatorOperation, structure, text } from '../operation.ts';
import { refuseUnknown, subject } from './report-custody.ts';

interface Input {
  readonly Subject: string;
  readonly Actor: string;
  readonly Question: string;
}
export interface CustodyExplanation {
  readonly Subject: string;
  readonly Cell: string;
  readonly InFull: readonly string[];
  readonly Paths: readonly CustodyPath[];
  /** Where a build that somebody chooses changes it. */
  readonly FromNextStart?: readonly CustodyPath[];
}
export interface CustodyPath {
  /** Who has to take part beside the actor. */
  readonly Others: readonly string[];
  /** Conclusions with their rules, and the facts that they rest on, indented. */
  readonly Lines: readonly string[];
}

const paths = listOf(structure({ Others: listOf(text), Lines: listOf(text) }));

export const explainCustody = (reporter: Reporter): Operation =>
  operatorOperation<Input, CustodyExplanation>({
    name: 'ExplainCustody',
    input: structure({ Subject: subject, Actor: subject, Question: { type: 'string', min: 1, max: 20 } }),
    output: structure(
      { Subject: text, Cell: text, InFull: listOf(text), Paths: paths, FromNextStart: paths },
      ['FromNextStart'],
    ),
    readOnly: true,
    audit: ['Subject', 'Actor', 'Question'],
    run: async ({ Subject, Actor, Question }) =>
      shown(await reporter.explain(Subject, Actor, Question).catch(refuseUnknown)),
  });

const shown = ({
  subject: name,
  cell,
  inFull,
  paths: now,
  fromNextStart,
}: Explanation): CustodyExplanation => ({
  Subject: name,
  Cell: cell,
  InFull: inFull,
  Paths: now.map(pathOf),
  ...(fromNextStart && { FromNextStart: fromNextStart.map(pathOf) }),
});

const pathOf = ({ others, lines }: Explanation['paths'][number]): CustodyPath => ({
  Others: others,
  Lines: lines,
});
