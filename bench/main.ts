/** npm run bench: see options.ts. Contenders take turns, round by round, so that what else the machine does is shared. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, type as systemType } from 'node:os';
import { bare } from './contenders/bare.ts';
import type { Contender } from './contenders/contender.ts';
import { localKms } from './contenders/local-kms.ts';
import { lockholm } from './contenders/lockholm.ts';
import { moto } from './contenders/moto.ts';
import { measureTurn, type Turn } from './measure.ts';
import { type OperationName, type Options, readOptions, UsageError, usage } from './options.ts';
import { benchPath } from './paths.ts';
import { renderReport } from './render.ts';
import type { Target } from './requests.ts';
import { type Report, summarise, type Table } from './results.ts';
import { type Server, startServer } from './server.ts';
import { makeWorkload, signedRequests, unansweredWorkload, type Workload } from './workload.ts';

const WARM_UP_MS = 500;
const rivals: readonly Contender[] = [lockholm, localKms, moto];

/** A server that is ready to be measured. */
interface Subject {
  readonly server: Server;
  readonly target: Target;
  readonly workload: Workload;
}

/** Progress goes to standard error, so that --json can be piped. */
const say = (text: string) => console.error(text);

const running: Server[] = [];
const stopAll = () => Promise.all(running.splice(0).map((server) => server.stop()));

const prepare = async (contender: Contender): Promise<Subject> => {
  say(`${contender.name}: ${contender.about}`);
  await contender.install();
  const server = await startServer(contender);
  running.push(server);
  const { credentials } = contender;
  if (credentials === undefined) {
    const target = { port: server.port, credentials: { accessKeyId: 'none', secretAccessKey: 'none' } };
    return { server, target, workload: unansweredWorkload() };
  }
  const target = { port: server.port, credentials: credentials(server.folder) };
  return { server, target, workload: await makeWorkload(target) };
};

/** Lockholm must be there; the others are skipped where they are not to be had. */
const prepareRival = async (contender: Contender, skipped: Record<string, string>) => {
  try {
    return [await prepare(contender)];
  } catch (error) {
    if (contender === lockholm) throw error;
    const reason = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
    say(`Skipped ${contender.name}: ${reason}`);
    skipped[contender.name] = reason;
    return [];
  }
};

const takeTurn = async (
  subject: Subject,
  operation: OperationName,
  connections: number,
  options: Options,
) => {
  const requests = await signedRequests(subject.target, operation, subject.workload);
  const plan = {
    host: '127.0.0.1',
    port: subject.target.port,
    connections,
    warmUpMs: WARM_UP_MS,
    measureMs: options.seconds * 1000,
    requests: requests.map((request) => request.toString('base64')),
  };
  return measureTurn(plan, subject.server.pid);
};

const measureTable = async (
  subjects: readonly Subject[],
  operation: OperationName,
  connections: number,
  options: Options,
): Promise<Table> => {
  const turns = new Map<string, Turn[]>(subjects.map(({ server }) => [server.contender.name, []]));
  for (let round = 1; round <= options.rounds; round += 1) {
    say(`${operation}, ${connections} connections, round ${round} of ${options.rounds}`);
    for (const subject of subjects) {
      turns
        .get(subject.server.contender.name)
        ?.push(await takeTurn(subject, operation, connections, options));
    }
  }
  const yardstick = turns.get(bare.name) ?? [];
  return { operation, connections, rows: [...turns].map(([name, own]) => summarise(name, own, yardstick)) };
};

/** Code is compiled for speed only after a while of load; nobody runs a server for three seconds. */
const warmUp = async (subjects: readonly Subject[], options: Options) => {
  for (const subject of subjects) {
    say(`${subject.server.contender.name}: warming up`);
    for (const operation of options.operations) {
      await takeTurn(subject, operation, Math.max(...options.connections), { ...options, seconds: 2 });
    }
  }
};

const measureAll = async (options: Options): Promise<Report> => {
  const wanted = rivals.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const skipped: Record<string, string> = {};
  const subjects = [await prepare(bare)];
  for (const contender of wanted) subjects.push(...(await prepareRival(contender, skipped)));
  await warmUp(subjects, options);
  const tables: Table[] = [];
  for (const operation of options.operations) {
    for (const connections of options.connections) {
      tables.push(await measureTable(subjects, operation, connections, options));
    }
  }
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown processor',
      cores: availableParallelism(),
      system: `${systemType()} ${release()}`,
      node: process.versions.node,
    },
    options: { seconds: options.seconds, rounds: options.rounds },
    firstAnswerSeconds: Object.fromEntries(
      subjects.map(({ server }) => [server.contender.name, server.firstAnswerSeconds]),
    ),
    skipped,
    tables,
  };
};

const writeResults = (report: Report): string => {
  mkdirSync(benchPath('results'), { recursive: true });
  const path = benchPath('results', `${report.date.replaceAll(':', '-')}.json`);
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
};

/** Errors under load would make a figure worthless. */
const hadErrors = ({ tables }: Report) =>
  tables.some(({ rows }) => rows.some(({ contender, errors }) => contender === lockholm.name && errors > 0));

const bench = async (options: Options): Promise<void> => {
  try {
    const report = await measureAll(options);
    const path = writeResults(report);
    console.log(options.json ? JSON.stringify(report, null, 2) : renderReport(report));
    say(`Written to ${path}`);
    if (hadErrors(report)) process.exitCode = 1;
  } finally {
    await stopAll();
  }
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await stopAll();
    process.exit(130);
  });
}
try {
  const options = readOptions(
    process.argv.slice(2),
    rivals.map(({ name }) => name),
  );
  if (options === undefined) console.log(usage);
  else await bench(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
