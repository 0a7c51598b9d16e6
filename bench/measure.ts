/** One turn: a load process of its own against one server, and the CPU time that the server's processes took. */
import { fork } from 'node:child_process';
import { cpuSeconds } from './cpu.ts';
import type { LoadMessage, LoadPlan, LoadResult } from './load-contract.ts';
import { benchPath } from './paths.ts';

export interface Turn extends LoadResult {
  readonly requestsPerSecond: number;
  /** Answers a CPU-second of the server's processes; undefined where CPU time cannot be read. */
  readonly requestsPerCpuSecond: number | undefined;
}

export const measureTurn = (plan: LoadPlan, serverPid: number): Promise<Turn> =>
  new Promise((resolve, reject) => {
    const load = fork(benchPath('load.ts'));
    let cpuBefore: number | undefined;
    let turn: Turn | undefined;
    load.on('message', (message: LoadMessage) => {
      if (message.type === 'ready') load.send(plan);
      else if (message.type === 'measuring') cpuBefore = cpuSeconds(serverPid);
      else turn = turnOf(message.result, cpuBefore, cpuSeconds(serverPid));
    });
    load.on('error', reject);
    load.on('exit', (code) => {
      if (turn) resolve(turn);
      else reject(new Error(`the load process ended with ${code} and no result`));
    });
  });

const turnOf = (result: LoadResult, before: number | undefined, after: number | undefined): Turn => {
  const cpu = before === undefined || after === undefined ? undefined : after - before;
  return {
    ...result,
    requestsPerSecond: result.answers / result.seconds,
    requestsPerCpuSecond: cpu === undefined || cpu <= 0 ? undefined : result.answers / cpu,
  };
};
