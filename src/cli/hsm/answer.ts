/** How commands of an HSM answer: as people read it, or with --json as cloudhsm-cli does: `{error_code, data}`. */
import type { Command } from 'commander';
import { EXIT_FAILURE, Failure } from '../failure.ts';
import { print, printJson } from '../output.ts';

export interface Answer {
  readonly data: unknown;
  /** A text, or what prints it. */
  readonly text: string | (() => void);
}

interface Options {
  readonly json?: boolean;
}

/** `work` gets the options, then the arguments. */
export function answering<O extends Options>(
  command: Command,
  work: (options: O, ...args: string[]) => Promise<Answer>,
): void {
  command.action(async (...given: unknown[]) => {
    // Commander gives arguments, options and the command.
    const options = given.at(-2) as O;
    const run = () => work(options, ...(given.slice(0, -2) as string[]));
    if (options.json) await inJson(run);
    else show((await run()).text);
  });
}

function show(text: Answer['text']): void {
  if (typeof text === 'function') text();
  else print(text);
}

async function inJson(run: () => Promise<Answer>): Promise<void> {
  try {
    printJson({ error_code: 0, data: (await run()).data });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    printJson({ error_code: error.exitCode || EXIT_FAILURE, data: error.message });
    process.exitCode = error.exitCode;
  }
}
