import { resolve } from 'node:path';
import type { Command } from 'commander';
import { breachesOf, type Condition, ConditionError, parseCondition } from '../../custody/fail-if.ts';
import { reportPage } from '../../custody/html/page.ts';
import type { Report } from '../../custody/report/report.ts';
import { writeFileDurable } from '../../store/durable-file.ts';
import { EXIT_USAGE, Failure } from '../failure.ts';
import { callOperator } from '../operator-client.ts';
import { print, printJson } from '../output.ts';
import { onServer } from '../program.ts';
import { progressLine } from '../progress.ts';
import { reportText } from './text.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
  readonly html?: string;
  readonly failIf: readonly string[];
}

/** A condition of --fail-if holds. */
export const EXIT_BREACH = 3;

export function registerReport(custody: Command): void {
  const command = custody
    .command('report')
    .argument(
      '[subject]',
      'a key (id, ARN, alias/NAME), a bucket, an object (s3://BUCKET/KEY); without it, everything',
    )
    .description('for each actor: could it obtain the key material, get the key used, see plaintext')
    .option('--html <file>', 'write a page of its own, which nothing else is needed to read')
    .option(
      '--fail-if <condition>',
      "exit with 3 if it holds: 'ACTOR QUESTION ANSWER', such as 'operator-as-one material alone'; may be repeated",
      (value: string, before: readonly string[]) => [...before, value],
      [],
    );
  onServer(command).action(async (subject: string | undefined, { data, json, html, failIf }: Options) => {
    const conditions = failIf.map(parsed);
    const report = await wholeReport(data, subject);
    if (json) printJson(report);
    else print(reportText(report, process.stdout.columns ?? PIPE_WIDTH));
    if (html !== undefined) {
      // Confidential.
      await writeFileDurable(resolve(html), reportPage(report), 0o600);
      if (!json) print(`The page is ${resolve(html)}.`);
    }
    check(report, conditions);
  });
}

const PIPE_WIDTH = 120;

function parsed(text: string): Condition {
  try {
    return parseCondition(text);
  } catch (error) {
    throw error instanceof ConditionError ? new Failure(error.message, EXIT_USAGE) : error;
  }
}

/** Every page as one report, as of the last of them. */
async function wholeReport(data: string, subject: string | undefined): Promise<Report> {
  const line = progressLine();
  const pages: Report[] = [];
  try {
    for (let after: string | undefined; ; ) {
      const input = {
        ...(subject !== undefined && { Subject: subject }),
        ...(after !== undefined && { After: after }),
      };
      const answer = await callOperator<{ Report: string; Next?: string }>(data, 'ReportCustody', input);
      pages.push(JSON.parse(answer.Report) as Report);
      if (answer.Next === undefined) break;
      after = answer.Next;
      line.show(`${pages.reduce((sum, { subjects }) => sum + subjects.length, 0)} keys and buckets judged`);
    }
  } finally {
    line.end();
  }
  const last = pages.at(-1);
  if (last === undefined) throw new Failure('The server answered without a report: see its log.');
  return {
    ...last,
    subjects: pages.flatMap(({ subjects }) => subjects),
    omitted: pages.flatMap(({ omitted }) => omitted),
    unknown: [...new Set(pages.flatMap(({ unknown }) => unknown))].sort(),
  };
}

function check(report: Report, conditions: readonly Condition[]): void {
  const unjudged = report.omitted.find(({ empty }) => !empty);
  if (conditions.length > 0 && unjudged !== undefined)
    throw new Failure(`Not everything could be judged, first ${unjudged.name}: ${unjudged.reason}`);
  const breaches = breaching(report, conditions);
  if (breaches.length === 0) return;
  const lines = breaches.map(
    ({ condition, subject, actor, verdict }) => `${condition}: ${subject}: ${actor}: ${verdict}`,
  );
  throw new Failure(`A condition holds:\n${lines.join('\n')}`, EXIT_BREACH);
}

function breaching(report: Report, conditions: readonly Condition[]) {
  try {
    return breachesOf(report, conditions);
  } catch (error) {
    throw error instanceof ConditionError ? new Failure(error.message, EXIT_USAGE) : error;
  }
}
