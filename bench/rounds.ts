/** Contenders take turns, round by round, so that what else the machine does is shared. */
import type { Group, Trial } from './groups/group.ts';
import type { Turn } from './measure.ts';
import { titleOf } from './render.ts';
import { summarise, type Table } from './results.ts';
import { say, type Workbench } from './workbench.ts';

const WARM_UP_SECONDS = 2;

const measureTrial = async (trial: Trial, group: Group, { options }: Workbench): Promise<Table> => {
  const { operation, connections, payloadBytes, subjects } = trial;
  const head = { group: group.name, operation, connections, payloadBytes, yardstick: group.yardstick };
  const turns = new Map<string, Turn[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 1; round <= options.rounds; round += 1) {
    say(`${titleOf(head)}, round ${round} of ${options.rounds}`);
    for (const subject of subjects) turns.get(subject.name)?.push(await subject.turn(options.seconds));
  }
  const yardstick = turns.get(group.yardstick) ?? [];
  return { ...head, rows: [...turns].map(([name, own]) => summarise(name, own, yardstick)) };
};

/** Of those that differ in nothing but how much is in flight, the one with most. */
const isFullest = (trial: Trial, trials: readonly Trial[]): boolean =>
  !trials.some(
    ({ operation, payloadBytes, connections }) =>
      operation === trial.operation && payloadBytes === trial.payloadBytes && connections > trial.connections,
  );

/** Code is compiled for speed only after a while of load; nobody runs a server for three seconds. */
const warmUp = async (group: Group, trials: readonly Trial[]): Promise<void> => {
  say(`${group.name}: warming up`);
  for (const trial of trials.filter((each) => isFullest(each, trials))) {
    for (const subject of trial.subjects) await subject.turn(WARM_UP_SECONDS);
  }
};

/** Its servers run for no longer than this. */
export const measureGroup = async (group: Group, bench: Workbench): Promise<readonly Table[]> => {
  try {
    const trials = await group.prepare(bench);
    await warmUp(group, trials);
    const tables: Table[] = [];
    for (const trial of trials) tables.push(await measureTrial(trial, group, bench));
    return tables;
  } finally {
    await bench.close();
  }
};
