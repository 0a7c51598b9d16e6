/** Commands in the documents, run as a reader would run them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** The shell blocks of a Markdown file, in order. */
export function shellBlocks(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? '');
}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Each command must succeed, those in the middle of a pipe too. */
export async function runShell(
  script: string,
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Run> {
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  shell.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  shell.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(shell, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** `lockholm` in a shell, as docs/operating.md defines it. */
export const lockholmFunction = `lockholm() { '${process.execPath}' '${join(root, 'src', 'main.ts')}' "$@"; }`;
