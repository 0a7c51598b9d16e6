/**
 * npm run up: installs if need be, then serves, on the pinned Node. Arguments go to `lockholm serve`:
 *   npm run up -- --listen 127.0.0.1:4567 --data /var/lib/lockholm
 */
import { spawn } from 'node:child_process';
import { ensureInstalled } from './install.mjs';
import { exitCode, inRoot, main, pinnedNode, root } from './project.mjs';

/** Ctrl-C reaches this process more than once: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 500;
const LOOK_MS = 500;

const serve = () => {
  // In a process group of its own, so that what a terminal sends to its foreground group comes to it only from here.
  const server = spawn(pinnedNode, [inRoot('src', 'main.ts'), 'serve', ...process.argv.slice(2)], {
    cwd: root,
    // By the channel the server learns when this process was killed, and stops too.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  let lastSignal = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const repeated = Date.now() - lastSignal < SAME_SIGNAL_MS;
      lastSignal = Date.now();
      if (!repeated) server.kill(signal);
    });
  }
  whenNpmIsGone(() => server.kill('SIGTERM'));
  server.on('error', (error) => {
    console.error(`The server could not be started: ${error.message}`);
    process.exit(1);
  });
  server.on('exit', (code, signal) => process.exit(exitCode(code, signal)));
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

await main(async () => {
  await ensureInstalled();
  serve();
});
