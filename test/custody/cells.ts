/** A custody table as text, to compare whole tables. */
import { cellText } from '../../src/custody/answers.ts';
import type { Facts } from '../../src/custody/facts.ts';
import type { Question, Subject } from '../../src/custody/judge.ts';
import { custodyTable } from '../../src/custody/table.ts';
import { KEY } from './arrangement.ts';

/** `<actor> <question>` -> cell. */
export function cellsOf(facts: Facts, subject: Subject = { key: KEY }): ReadonlyMap<string, string> {
  const questions: readonly Question[] = ['M', 'U', 'P'];
  return new Map(
    custodyTable(facts, subject).rows.flatMap(({ actor, cells }) =>
      questions.map((question) => [`${actor.id} ${question}`, cellText(cells[question].now, actor)] as const),
    ),
  );
}

/** The cells in which two tables differ: `[before, after]`. */
export function changes(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Readonly<Record<string, readonly (string | undefined)[]>> {
  const cells = new Set([...before.keys(), ...after.keys()]);
  return Object.fromEntries(
    [...cells]
      .filter((cell) => before.get(cell) !== after.get(cell))
      .map((cell) => [cell, [before.get(cell), after.get(cell)]]),
  );
}
