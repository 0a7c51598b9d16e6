/**
 * Passwords and unlock codes on their way in: from a file, standard input, the environment or the terminal; never from
 * the command line, which every user of the machine can read.
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { EXIT_USAGE, Failure } from '../failure.ts';
import { askHidden } from './prompt.ts';

export interface Secret {
  /** For messages: `password`. */
  readonly name: string;
  /** `--password-file`. */
  readonly option: string;
  readonly file: string | undefined;
  readonly variable: string;
  readonly question: string;
  /** Asked for again, since nobody sees what is typed. */
  readonly twice: boolean;
}

export const STDIN = '-';

export async function readSecret(secret: Secret): Promise<string> {
  const { file, variable, name, option } = secret;
  const inEnvironment = process.env[variable];
  if (file === undefined && (inEnvironment ?? '') === '') return prompted(secret);
  const found = file === undefined ? inEnvironment : await fromFile(file, secret);
  if (found === undefined || found === '')
    throw new Failure(`The ${name} from ${option} ${file} is empty.`, EXIT_USAGE);
  return found;
}

/** The first line of a file; of standard input the next one, so that several can be given. */
async function fromFile(file: string, { name, option }: Secret): Promise<string | undefined> {
  if (file === STDIN) return nextLine();
  try {
    return (await readFile(file, 'utf8')).split(/\r?\n/, 1)[0];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(`The ${name} cannot be read from ${option} ${file} (${code}).`, EXIT_USAGE, error);
  }
}

let stdinLines: AsyncIterator<string> | undefined;

async function nextLine(): Promise<string | undefined> {
  stdinLines ??= createInterface({ input: process.stdin, terminal: false })[Symbol.asyncIterator]();
  const { value, done } = await stdinLines.next();
  return done ? undefined : value;
}

async function prompted({ question, name, option, variable, twice }: Secret): Promise<string> {
  const instead =
    `Give the ${name} with ${option} FILE (- for standard input) or in ${variable}: ` +
    'there is no terminal to ask on.';
  const first = await askHidden(`${question}: `, instead);
  if (twice && (await askHidden(`${question}, again: `, instead)) !== first)
    throw new Failure(`The two do not agree; nothing was done.`, EXIT_USAGE);
  return first;
}
