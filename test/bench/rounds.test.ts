import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Group, Subject } from '../../bench/groups/group.ts';
import type { Turn } from '../../bench/measure.ts';
import { type Options, readOptions } from '../../bench/options.ts';
import { renderReport } from '../../bench/render.ts';
import { measureGroup } from '../../bench/rounds.ts';
import { Workbench } from '../../bench/workbench.ts';

const optionsOf = (...args: readonly string[]): Options => {
  const options = readOptions(args, { group: ['ours'] });
  assert.ok(options);
  return options;
};

const turn = (requestsPerSecond: number): Turn => ({
  seconds: 1,
  answers: requestsPerSecond,
  errors: 0,
  firstError: '',
  p50Ms: 1,
  p99Ms: 2,
  maxMs: 3,
  requestsPerSecond,
  requestsPerCpuSecond: undefined,
});

/** Writes down whose turn it is, and for how long. */
const subjectsOf = (taken: string[], names: readonly string[]): readonly Subject[] =>
  names.map((name, index) => ({
    name,
    async turn(seconds) {
      taken.push(`${name} ${seconds}`);
      return turn(100 / (index + 1));
    },
  }));

const groupOf = (prepare: Group['prepare']): Group => ({
  name: 'group',
  yardstick: 'plain',
  contenders: ['ours'],
  ours: ['ours'],
  operations: ['PutObject'],
  prepare,
});

const quietly = async <T>(work: () => Promise<T>): Promise<T> => {
  const { error } = console;
  console.error = () => undefined;
  try {
    return await work();
  } finally {
    console.error = error;
  }
};

test('contenders take turns in each round, after a warm-up at the fullest', async () => {
  const taken: string[] = [];
  const bench = new Workbench(optionsOf('--seconds', '1', '--rounds', '2'));
  const group = groupOf(async () =>
    [1, 8].map((connections) => ({
      operation: 'PutObject',
      connections,
      payloadBytes: 4096,
      subjects: subjectsOf(taken, [`plain`, `ours`]),
    })),
  );
  const tables = await quietly(() => measureGroup(group, bench));
  const round = ['plain 1', 'ours 1'];
  assert.deepEqual(taken, ['plain 2', 'ours 2', ...round, ...round, ...round, ...round]);
  assert.deepEqual(
    tables.map(({ connections, rows }) => [connections, ...rows.map(({ ofYardstick }) => ofYardstick)]),
    [
      [1, 1, 0.5],
      [8, 1, 0.5],
    ],
  );
});

test('what was started is closed, last first, also where a group fails', async () => {
  const closed: number[] = [];
  const bench = new Workbench(optionsOf());
  const group = groupOf(async () => {
    bench.closing(() => closed.push(1));
    bench.closing(async () => closed.push(2));
    throw new Error('no\n  way');
  });
  const tables = await quietly(() => bench.attempt('group', () => measureGroup(group, bench)));
  assert.equal(tables, undefined);
  assert.deepEqual([closed, bench.skipped], [[2, 1], { group: 'no way' }]);
});

test('the report names the size, the yardstick and the bytes a second', () => {
  const rows = [
    { contender: 'ours', ofYardstick: 0.8, firstError: '' },
    { contender: 'plain', ofYardstick: undefined, firstError: 'status 500' },
  ].map((row) => ({
    ...row,
    requestsPerSecond: 2,
    requestsPerCpuSecond: undefined,
    p50Ms: 1,
    p99Ms: 1,
    maxMs: 1,
    errors: 0,
    rounds: [],
  }));
  const text = renderReport({
    date: '',
    machine: { cpu: 'processor', cores: 2, system: 'system', node: '26' },
    options: { seconds: 1, rounds: 1 },
    firstAnswerSeconds: { lockholm: 1 },
    skipped: { softhsm: 'not there' },
    tables: [
      {
        group: 's3',
        operation: 'PutObject',
        connections: 1,
        payloadBytes: 2 ** 28,
        yardstick: 'plain-files',
        rows,
      },
    ],
  });
  assert.match(text, /^s3: PutObject of 256 MiB, 1 in flight$/m);
  assert.match(text, /of plain-files/);
  assert.match(text, /^ +ours +2\.00 +537 +0\.80/m);
  assert.match(text, /^ +plain +2\.00 +537 +- /m);
  assert.match(text, /plain's first error: status 500/);
  assert.match(text, /Skipped softhsm: not there/);
});
