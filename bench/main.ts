/** npm run bench: see options.ts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, type as systemType } from 'node:os';
import type { Group } from './groups/group.ts';
import { hsm } from './groups/hsm.ts';
import { keyStore } from './groups/key-store.ts';
import { kms } from './groups/kms.ts';
import { s3 } from './groups/s3.ts';
import { type Choices, type Options, readOptions, UsageError, usage } from './options.ts';
import { benchPath } from './paths.ts';
import { renderReport } from './render.ts';
import type { Report, Table } from './results.ts';
import { measureGroup } from './rounds.ts';
import { say, Workbench } from './workbench.ts';

const groups: readonly Group[] = [kms, keyStore, hsm, s3];
const choices: Choices = Object.fromEntries(groups.map(({ name, contenders }) => [name, contenders]));

const isWanted = ({ contenders, operations }: Group, bench: Workbench): boolean =>
  contenders.some((name) => bench.wants(name)) &&
  operations.some((operation) => bench.options.operations.includes(operation));

const measureAll = async (bench: Workbench): Promise<Report> => {
  const tables: Table[] = [];
  for (const group of groups.filter((each) => isWanted(each, bench))) {
    const measured = await bench.attempt(group.name, () => measureGroup(group, bench));
    if (measured === undefined) process.exitCode = 1;
    else tables.push(...measured);
  }
  const { seconds, rounds } = bench.options;
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown processor',
      cores: availableParallelism(),
      system: `${systemType()} ${release()}`,
      node: process.versions.node,
    },
    options: { seconds, rounds },
    firstAnswerSeconds: bench.firstAnswerSeconds,
    skipped: bench.skipped,
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
const hadErrors = ({ tables }: Report): boolean =>
  tables.some(({ group, rows }) => {
    const { ours = [], yardstick } = groups.find(({ name }) => name === group) ?? {};
    return rows.some(
      ({ contender, errors }) => errors > 0 && (contender === yardstick || ours.includes(contender)),
    );
  });

const run = async (options: Options): Promise<void> => {
  const bench = new Workbench(options);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      await bench.close();
      process.exit(130);
    });
  }
  const report = await measureAll(bench);
  const path = writeResults(report);
  console.log(options.json ? JSON.stringify(report, null, 2) : renderReport(report));
  say(`Written to ${path}`);
  if (hadErrors(report)) process.exitCode = 1;
};

try {
  const options = readOptions(process.argv.slice(2), choices);
  if (options === undefined) console.log(usage(choices));
  else await run(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage(choices)}`);
  process.exitCode = 2;
}
