/** Where this clone is, and how its tools run programs. Plain JavaScript: it runs before the pinned Node is there. */
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const inRoot = (...parts) => join(root, ...parts);

/** The Node that package-lock.json pins; there once ensureInstalled (install.mjs) has returned. */
export const pinnedNode = inRoot('node_modules', '.bin', 'node');
const bin = dirname(pinnedNode);

/** A failure whose message says all that a person needs: printed without a stack. */
export class Failure extends Error {}

/**
 * Runs a program in the clone's root and answers its exit code (128 + n for signal n). With `capture`, its output
 * is kept and answered rather than shown. Programs that it starts find the pinned Node as `node`.
 */
export const run = (program, args, { capture = false, env = {} } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, ...env },
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: exitCode(code, signal), output }));
  });

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

/** As a shell reports it. */
export const exitCode = (code, signal) => code ?? 128 + (signalNumbers[signal] ?? 0);

/** Runs a tool's main function: a Failure ends it with its message and exit code 1. */
export const main = async (body) => {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(`\n${error.message}`);
    process.exit(1);
  }
};
