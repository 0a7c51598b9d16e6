/** Questions on the terminal. What is asked goes to standard error, so that standard output stays the answer's. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { EXIT_USAGE, Failure } from '../failure.ts';

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

export const terminal: Terminal = { input: process.stdin, output: process.stderr };
const INTERRUPTED = 130;

/** Nothing of the answer is shown. `instead`: how to give it where there is nobody to ask. */
export async function askHidden(
  question: string,
  instead: string,
  { input, output }: Terminal = terminal,
): Promise<string> {
  requireTerminal(input, instead);
  output.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    return await readAnswer(createInterface({ input, output: nowhere, terminal: true, historySize: 0 }));
  } finally {
    output.write('\n');
  }
}

export async function ask(question: string, instead: string, { input, output }: Terminal = terminal) {
  requireTerminal(input, instead);
  output.write(question);
  return readAnswer(createInterface({ input, output, terminal: false }));
}

function requireTerminal(input: Terminal['input'], instead: string): void {
  if (input.isTTY !== true) throw new Failure(instead, EXIT_USAGE);
}

function readAnswer(lines: ReturnType<typeof createInterface>): Promise<string> {
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => reject(new Failure('Given up; nothing was done.', INTERRUPTED)));
  });
}
