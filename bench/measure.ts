/** One turn: a load process of its own against one server, and the CPU time that the measured processes took. */
import { type ChildProcess, fork } from 'node:child_process';
import { cpuSeconds } from './cpu.ts';
import type { LoadMessage, LoadResult, Span } from './load-contract.ts';
import { benchPath } from './paths.ts';

export interface Turn extends LoadResult {
  readonly requestsPerSecond: number;
  /** Answers a CPU-second of the measured processes; undefined where CPU time cannot be read. */
  readonly requestsPerCpuSecond: number | undefined;
}

/** Whose CPU time counts: that of a server's process and its descendants, or of the load process, or both. */
export interface Measured {
  readonly server?: number;
  readonly load?: boolean;
}

const WARM_UP_MS = 500;

export const spanOf = (seconds: number): Span => ({ warmUpMs: WARM_UP_MS, measureMs: seconds * 1000 });

/** `program` is a file of bench/ that calls carryOut. */
export const measureTurn = <Plan extends Span>(
  program: string,
  plan: Plan,
  measured: Measured,
  env: Readonly<Record<string, string>> = {},
): Promise<Turn> =>
  new Promise((resolve, reject) => {
    const load = fork(benchPath(program), { env: { ...process.env, ...env } });
    const cpu = () => cpuSeconds(...pids(load, measured));
    let cpuBefore: number | undefined;
    let turn: Turn | undefined;
    load.on('message', (message: LoadMessage) => {
      if (message.type === 'ready') load.send(plan);
      else if (message.type === 'measuring') cpuBefore = cpu();
      else turn = turnOf(message.result, cpuBefore, cpu());
    });
    load.on('error', reject);
    load.on('exit', (code) => {
      if (turn) resolve(turn);
      else reject(new Error(`the load process ended with ${code} and no result`));
    });
  });

const pids = ({ pid }: ChildProcess, { server, load = false }: Measured): readonly number[] =>
  [server, load ? pid : undefined].filter((each) => each !== undefined);

const turnOf = (result: LoadResult, before: number | undefined, after: number | undefined): Turn => {
  const cpu = before === undefined || after === undefined ? undefined : after - before;
  return {
    ...result,
    requestsPerSecond: result.answers / result.seconds,
    requestsPerCpuSecond: cpu === undefined || cpu <= 0 ? undefined : result.answers / cpu,
  };
};
