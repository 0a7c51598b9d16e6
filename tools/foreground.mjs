/** Runs a program of this clone in the foreground: signals reach it once, and it ends when this process or npm does. */
import { spawn } from 'node:child_process';
import { exitCode, pinnedNode, root } from './project.mjs';

/** Ctrl-C reaches this process more than once: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 500;
const LOOK_MS = 500;

/** On the pinned Node; this process ends with its exit code. `name`: for the message when it cannot be started. */
export const runInForeground = (name, args) => {
  // In a process group of its own, so that what a terminal sends to its foreground group comes to it only from here.
  const program = spawn(pinnedNode, args, {
    cwd: root,
    // By the channel it learns when this process was killed, and stops too.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  let lastSignal = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const repeated = Date.now() - lastSignal < SAME_SIGNAL_MS;
      lastSignal = Date.now();
      if (!repeated) program.kill(signal);
    });
  }
  whenNpmIsGone(() => program.kill('SIGTERM'));
  program.on('error', (error) => {
    console.error(`The ${name} could not be started: ${error.message}`);
    process.exit(1);
  });
  program.on('exit', (code, signal) => process.exit(exitCode(code, signal)));
};

/** A signal to npm ends npm and the shell between, and reaches nobody further: what is left to see is another parent. */
const whenNpmIsGone = (stop) => {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, LOOK_MS);
};
