/** Runs a program that ends by itself, such as an installation. */
import { spawn } from 'node:child_process';

const TIMEOUT_MS = 300_000;
const SHOWN_CHARACTERS = 600;

/** Throws with the end of the program's output where it fails, is missing, or takes over five minutes. */
export const runToEnd = (
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    let output = '';
    const keep = (chunk: string) => {
      output = (output + chunk).slice(-SHOWN_CHARACTERS);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${signal ?? code}: ${output.trim()}`));
    });
  });
