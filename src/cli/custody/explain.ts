import type { Command } from 'commander';
import type { CustodyExplanation, CustodyPath } from '../../operator/operations/explain-custody.ts';
import { EXIT_USAGE, Failure } from '../failure.ts';
import { callOperator } from '../operator-client.ts';
import { print, printJson } from '../output.ts';
import { onServer } from '../program.ts';

interface Options {
  readonly data: string;
  readonly json?: boolean;
  readonly actor: string;
  readonly question: string;
}

const words: Readonly<Record<string, string>> = {
  material: 'M',
  use: 'U',
  plaintext: 'P',
  M: 'M',
  U: 'U',
  P: 'P',
};

export function registerExplain(custody: Command): void {
  const command = custody
    .command('explain')
    .argument('<subject>', 'a key, a bucket or an object, as for the report')
    .description(
      'show the path behind one answer: each conclusion, its rule, the facts and what they rest on',
    )
    .requiredOption('--actor <actor>', 'as the report names it, such as operator-as-one')
    .requiredOption('--question <question>', 'M or material, U or use, P or plaintext');
  onServer(command).action(async (subject: string, { data, json, actor, question }: Options) => {
    const Question = Object.hasOwn(words, question) ? words[question] : undefined;
    if (Question === undefined)
      throw new Failure(`A question is one of ${Object.keys(words).join(', ')}.`, EXIT_USAGE);
    const input = { Subject: subject, Actor: actor, Question };
    const found = await callOperator<CustodyExplanation>(data, 'ExplainCustody', input);
    if (json) printJson(found);
    else print(linesOf(found, actor, question).join('\n'));
  });
}

function linesOf(found: CustodyExplanation, actor: string, question: string): readonly string[] {
  const { Subject, Cell, InFull, Paths, FromNextStart } = found;
  return [
    `${Subject}: ${actor}, ${question}: ${Cell}`,
    ...InFull.map((way) => `  ${way}`),
    ...pathLines(Paths),
    ...(FromNextStart === undefined ? [] : ['', 'From the next start:', ...pathLines(FromNextStart)]),
  ];
}

const pathLines = (paths: readonly CustodyPath[]): readonly string[] =>
  paths.length === 0
    ? ['', 'Nobody on record gets there.']
    : paths.flatMap(({ Others, Lines }) => [
        '',
        Others.length === 0 ? 'Alone:' : `With ${Others.join(', ')}:`,
        ...Lines,
      ]);
