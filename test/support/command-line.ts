/** `lockholm` as a user runs it: a process with arguments, an environment of its own, and an exit code. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Command } from 'commander';
import { newProgram, runProgram } from '../../src/cli/program.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** On standard input, which else is empty. */
  readonly input?: string;
}

export async function lockholm(
  args: readonly string[],
  { env, cwd, input }: RunOptions = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  child.stdin?.end(input);
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Of commands that use standard input and output by `print` alone. One at a time. */
export async function inThisProcess(
  register: (program: Command) => void,
  args: readonly string[],
  { env = {}, cwd = process.cwd() }: RunOptions,
): Promise<Outcome> {
  const said = { stdout: '', stderr: '' };
  const to = (stream: keyof typeof said, end: string) => (text: string) => {
    said[stream] += text + end;
  };
  const listeners = process.stdout.listeners('error');
  const before = { env: process.env, cwd: process.cwd(), log: console.log, error: console.error };
  process.env = { PATH: process.env.PATH, ...env };
  process.chdir(cwd);
  console.log = to('stdout', '\n');
  console.error = to('stderr', '\n');
  try {
    const program = newProgram().configureOutput({ writeOut: to('stdout', ''), writeErr: to('stderr', '') });
    register(program);
    const code = await runProgram(program, [process.execPath, main, ...args], process.env);
    return { code, ...said };
  } finally {
    process.exitCode = 0;
    process.env = before.env;
    process.chdir(before.cwd);
    console.log = before.log;
    console.error = before.error;
    for (const listener of process.stdout.listeners('error'))
      if (!listeners.includes(listener)) process.stdout.off('error', listener as () => void);
  }
}
