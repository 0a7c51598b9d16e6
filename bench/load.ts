/**
 * The load process: keeps each connection busy with one request at a time, warms up, measures, reports, ends.
 * Latencies go to an HDR histogram of three significant figures, in microseconds.
 */
import { createHistogram, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './answer.ts';
import { Connection, type Load } from './connection.ts';
import type { LoadMessage, LoadPlan, LoadResult } from './load-contract.ts';

const tell = (message: LoadMessage) => process.send?.(message);

const describe = ({ status, body }: Answer) => `status ${status}: ${body.toString('utf8', 0, 200)}`;

const runLoad = async (plan: LoadPlan): Promise<LoadResult> => {
  const requests = plan.requests.map((text) => Buffer.from(text, 'base64'));
  const latencies = createHistogram({ figures: 3 });
  let sent = 0;
  let answers = 0;
  let errors = 0;
  let firstError = '';
  let measuring = false;
  const failed = (reason: string) => {
    errors += 1;
    firstError ||= reason;
  };
  const load: Load = {
    host: plan.host,
    port: plan.port,
    next: () => requests[sent++ % requests.length] ?? Buffer.alloc(0),
    answered: (answer, milliseconds) => {
      if (answer.status !== 200) failed(describe(answer));
      else if (measuring) {
        answers += 1;
        latencies.record(Math.max(1, Math.round(milliseconds * 1000)));
      }
    },
    failed,
  };
  const connections = Array.from({ length: plan.connections }, () => new Connection(load));
  await sleep(plan.warmUpMs);
  tell({ type: 'measuring' });
  const started = performance.now();
  measuring = true;
  await sleep(plan.measureMs);
  measuring = false;
  const seconds = (performance.now() - started) / 1000;
  for (const connection of connections) connection.stop();
  const ms = (microseconds: number) => (answers === 0 ? 0 : microseconds / 1000);
  return {
    seconds,
    answers,
    errors,
    firstError,
    p50Ms: ms(latencies.percentile(50)),
    p99Ms: ms(latencies.percentile(99)),
    maxMs: ms(latencies.max),
  };
};

process.once('message', async (plan: LoadPlan) => {
  tell({ type: 'done', result: await runLoad(plan) });
  process.disconnect?.();
});
tell({ type: 'ready' });
