/** A contender's server while it runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contenders/contender.ts';
import { benchPath } from './paths.ts';

export interface Server {
  readonly contender: Contender;
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  readonly firstAnswerSeconds: number;
  /** Asks it to end, insists after ten seconds, and removes its data, and its log where that is long. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 5;
/** local-kms writes a line a request. */
const KEPT_LOG_BYTES = 2 ** 20;

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
};

/** Beside the clone rather than in the system's folder for such, which may be memory: a sync must cost what it does. */
const dataFolder = (name: string): string => {
  mkdirSync(benchPath('.cache'), { recursive: true });
  return mkdtempSync(benchPath('.cache', `${name}-data-`));
};

const answers = async (url: string): Promise<boolean> => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1000) });
    await answer.arrayBuffer();
    return answer.status < 500;
  } catch {
    return false;
  }
};

const untilItAnswers = async (child: ChildProcess, url: string, log: string): Promise<void> => {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await answers(url))) {
    const ended = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    if (ended || performance.now() > deadline) {
      throw new Error(
        `it ${ended ? 'ended' : 'did not answer in time'}: ${readFileSync(log, 'utf8').slice(-600)}`,
      );
    }
    await sleep(POLL_MS);
  }
};

const stopChild = async (child: ChildProcess): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(insist);
};

export const startServer = async (contender: Contender): Promise<Server> => {
  const port = await freePort();
  const folder = dataFolder(contender.name);
  const log = benchPath('.cache', `${contender.name}.log`);
  const { program, args, env } = contender.command(port, folder);
  const output = openSync(log, 'w');
  const started = performance.now();
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', output, output] });
  closeSync(output);
  child.on('error', () => undefined); // Seen below, as a child without a process id.
  const stop = async () => {
    await stopChild(child);
    rmSync(folder, { recursive: true, force: true });
    if (statSync(log).size > KEPT_LOG_BYTES) rmSync(log);
  };
  try {
    await untilItAnswers(child, `http://127.0.0.1:${port}${contender.readyPath}`, log);
  } catch (error) {
    await stop();
    throw error;
  }
  const firstAnswerSeconds = (performance.now() - started) / 1000;
  return { contender, port, folder, pid: child.pid ?? 0, firstAnswerSeconds, stop };
};
