/** `lockholm custody report` of the running server. */
import type { Report, RowReport, SubjectReport } from '../../../src/custody/report/report.ts';
import { lockholm } from '../server.ts';

export async function reportOf(data: string): Promise<Report> {
  return JSON.parse(await lockholm('custody', 'report', '--json', '--data', data)) as Report;
}

export async function writePage(data: string, path: string): Promise<void> {
  await lockholm('custody', 'report', '--html', path, '--data', data);
}

export function subjectIn({ subjects }: Report, name: string): SubjectReport {
  const found = subjects.find((subject) => subject.name === name);
  if (found === undefined) throw new Error(`the custody report has nothing of ${name}`);
  return found;
}

export function rowOf({ rows, name }: SubjectReport, actor: string): RowReport {
  const row = rows.find(({ actor: { id } }) => id === actor);
  if (row === undefined) throw new Error(`the custody report of ${name} has no actor ${actor}`);
  return row;
}

/** `material / use`, as docs/custody.md writes it. */
export function cellsOf(subject: SubjectReport, actor: string): string {
  const { M, U } = rowOf(subject, actor).cells;
  return `${M.text} / ${U.text}`;
}
