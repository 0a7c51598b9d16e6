import { bare } from '../contenders/bare.ts';
import type { Contender } from '../contenders/contender.ts';
import { localKms } from '../contenders/local-kms.ts';
import { lockholm } from '../contenders/lockholm.ts';
import { moto } from '../contenders/moto.ts';
import type { Workbench } from '../workbench.ts';
import { kmsOperations, makeKey, makeWorkload, unansweredWorkload } from '../workload.ts';
import type { Group } from './group.ts';
import { type KmsSubject, kmsTrials } from './kms-subjects.ts';

const rivals: readonly Contender[] = [localKms, moto];

const prepare = async (contender: Contender, bench: Workbench): Promise<KmsSubject> => {
  const { port, pid, folder } = await bench.start(contender);
  const { name, credentials } = contender;
  if (credentials === undefined) {
    const target = { port, credentials: { accessKeyId: 'none', secretAccessKey: 'none' } };
    return { name, pid, target, workload: unansweredWorkload() };
  }
  const target = { port, credentials: credentials(folder) };
  return { name, pid, target, workload: await makeWorkload(target, await makeKey(target)) };
};

export const kms: Group = {
  name: 'kms',
  yardstick: bare.name,
  contenders: [lockholm, ...rivals].map(({ name }) => name),
  ours: [lockholm.name],
  operations: kmsOperations,
  async prepare(bench) {
    const subjects = [await prepare(bare, bench)];
    if (bench.wants(lockholm.name)) subjects.push(await prepare(lockholm, bench));
    for (const rival of rivals.filter(({ name }) => bench.wants(name))) {
      subjects.push(...((await bench.attempt(rival.name, async () => [await prepare(rival, bench)])) ?? []));
    }
    return kmsTrials(subjects, bench);
  },
};
