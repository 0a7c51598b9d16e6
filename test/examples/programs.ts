/** The programs of examples/, each as a command that encrypts or decrypts a file. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { python, root } from '../clients/environment.ts';

export interface Run {
  readonly code: number;
  readonly errors: string;
}

export interface Program {
  readonly name: string;
  /** The words before `encrypt|decrypt KEY SOURCE TARGET`. */
  readonly command: readonly [string, ...string[]];
  /** How the pairs of the encryption context are written. */
  readonly pairs: (context: Readonly<Record<string, string>>) => readonly string[];
}

const script = (...path: string[]) => join(root, 'examples', ...path);
const separate: Program['pairs'] = (context) =>
  Object.entries(context).map(([name, value]) => `${name}=${value}`);

export const pythonProgram: Program = {
  name: 'python',
  command: [python, script('python', 'encrypt_file.py')],
  pairs: separate,
};
export const typescriptProgram: Program = {
  name: 'typescript',
  command: [process.execPath, script('typescript', 'encrypt-file.ts')],
  pairs: separate,
};
export const shellProgram: Program = {
  name: 'shell',
  command: ['bash', script('shell', 'encrypt-file.sh')],
  pairs: (context) => [separate(context).join(',')],
};
export const encryptionSdkTypescript: Program = {
  name: 'encryption-sdk in TypeScript',
  command: [process.execPath, script('encryption-sdk', 'encrypt-file.ts')],
  pairs: separate,
};
export const encryptionSdkPython: Program = {
  name: 'encryption-sdk in Python',
  command: [python, script('encryption-sdk', 'encrypt_file.py')],
  pairs: separate,
};

export const programs: readonly Program[] = [
  pythonProgram,
  typescriptProgram,
  shellProgram,
  encryptionSdkTypescript,
  encryptionSdkPython,
];

export interface Job {
  readonly action: 'encrypt' | 'decrypt';
  readonly keyId?: string;
  readonly source: string;
  readonly target: string;
  readonly context?: Readonly<Record<string, string>>;
}

export const defaultContext = { purpose: 'test', year: '2026' };
export const defaultAlias = 'alias/files';

export const argumentsOf = (program: Program, job: Job): readonly [string, ...string[]] => [
  ...program.command,
  job.action,
  job.keyId ?? defaultAlias,
  job.source,
  job.target,
  ...program.pairs(job.context ?? defaultContext),
];

export const runProgram = (program: Program, env: Record<string, string>, job: Job): Promise<Run> => {
  const [file, ...args] = argumentsOf(program, job);
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout: 60_000 }, (error, _output, errors) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), errors });
    });
  });
};
