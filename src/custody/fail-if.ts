/**
 * Conditions that make a report a check: `ACTOR QUESTION ANSWER`, docs/custody.md, "Checks". A condition holds for its
 * answer and for every weaker one, now or from the next start; what is not known counts as able alone.
 */
import { partyKinds } from './facts.ts';
import type { Question } from './judge.ts';
import type { Report, RowReport, VerdictReport } from './report/report.ts';

export interface Condition {
  readonly text: string;
  readonly actor: string;
  readonly question: Question;
  readonly answer: string;
}

export interface Breach {
  readonly condition: string;
  readonly subject: string;
  readonly actor: string;
  readonly verdict: string;
}

/** The message says what is allowed. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
}

const questionWords: Readonly<Record<string, Question>> = { material: 'M', use: 'U', plaintext: 'P' };
const LETTERS = ['O', 'K', 'H', 'X', 'T'];

const answers: Readonly<Record<string, (verdict: VerdictReport) => boolean>> = {
  alone: (verdict) => isAlone(verdict),
  approvals: (verdict) => isAlone(verdict) || verdict.ways.some(({ approvals }) => approvals !== undefined),
  anybody: ({ answer }) => answer !== 'nobody on record',
};

const isAlone = ({ answer }: VerdictReport): boolean => answer === 'alone' || answer === 'not known';

/** With these others at most. */
const needsOnly =
  (letters: readonly string[]) =>
  (verdict: VerdictReport): boolean =>
    isAlone(verdict) ||
    verdict.ways.some(({ needs }) => needs.every(({ letter }) => letters.includes(letter)));

function holdsFor(answer: string): ((verdict: VerdictReport) => boolean) | undefined {
  const known = Object.hasOwn(answers, answer) ? answers[answer] : undefined;
  if (known !== undefined || !answer.startsWith('needs-')) return known;
  const letters = answer.slice('needs-'.length).split('+');
  return letters.every((letter) => LETTERS.includes(letter)) ? needsOnly(letters) : undefined;
}

/** Throws ConditionError. */
export function parseCondition(text: string): Condition {
  const match = /^(.+?) +(\S+) +(\S+)$/.exec(text.trim());
  const [, actor = '', word = '', answer = ''] = match ?? [];
  const question = Object.hasOwn(questionWords, word) ? questionWords[word] : undefined;
  if (match === null) throw wrong(text, 'a condition has three words: ACTOR QUESTION ANSWER');
  if (question === undefined)
    throw wrong(text, `QUESTION is one of ${Object.keys(questionWords).join(', ')}`);
  if (holdsFor(answer) === undefined)
    throw wrong(
      text,
      `ANSWER is one of ${Object.keys(answers).join(', ')}, or needs- with letters of ${LETTERS.join(', ')} joined by +`,
    );
  return { text, actor, question, answer };
}

const wrong = (text: string, why: string): ConditionError =>
  new ConditionError(
    `${JSON.stringify(text)} is no condition: ${why}. An example: operator-as-one material alone`,
  );

/** Where conditions hold. Throws ConditionError for an actor that no subject's table has: nothing would be checked. */
export function breachesOf(
  { subjects }: Pick<Report, 'subjects'>,
  conditions: readonly Condition[],
): readonly Breach[] {
  return conditions.flatMap((condition) => {
    const rows = subjects.flatMap(({ name, rows: all }) =>
      all.filter((row) => isActor(row, condition.actor)).map((row) => ({ name, row })),
    );
    if (rows.length === 0 && subjects.length > 0)
      throw noActor(
        condition,
        subjects.flatMap((subject) => subject.rows),
      );
    return rows.flatMap(({ name, row }) => breach(condition, name, row));
  });
}

const isActor = ({ actor: { id, kind } }: RowReport, word: string): boolean => id === word || kind === word;

function breach(condition: Condition, subject: string, { actor, cells }: RowReport): readonly Breach[] {
  const cell = cells[condition.question];
  const holds = holdsFor(condition.answer);
  const found = [cell, ...(cell.fromNextStart ? [cell.fromNextStart] : [])].find((verdict) =>
    holds?.(verdict),
  );
  return found === undefined
    ? []
    : [{ condition: condition.text, subject, actor: actor.id, verdict: found.text }];
}

function noActor({ text, actor }: Condition, rows: readonly RowReport[]): ConditionError {
  const kinds: readonly string[] = partyKinds;
  const ids = [...new Set(rows.map((row) => row.actor.id))].sort().join(', ');
  const why = kinds.includes(actor)
    ? `nobody of kind ${actor} is declared, so there is nothing to check`
    : `the report has no actor ${actor}; it has ${ids}`;
  return wrong(text, why);
}
