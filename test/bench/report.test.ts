import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuSeconds } from '../../bench/cpu.ts';
import type { Turn } from '../../bench/measure.ts';
import { readOptions, UsageError } from '../../bench/options.ts';
import { median, summarise } from '../../bench/results.ts';

const turn = (requestsPerSecond: number, more: Partial<Turn> = {}): Turn => ({
  seconds: 1,
  answers: requestsPerSecond,
  errors: 0,
  firstError: '',
  p50Ms: 1,
  p99Ms: 2,
  maxMs: 3,
  requestsPerSecond,
  requestsPerCpuSecond: undefined,
  ...more,
});

test('the median of an even number is the middle of the two', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('a ratio compares turns of the same round', () => {
  const own = [turn(10), turn(40), turn(90, { errors: 2, firstError: 'status 500', maxMs: 50 })];
  const row = summarise('x', own, [turn(100), turn(100), turn(100)]);
  assert.equal(row.ofYardstick, 0.4);
  assert.equal(row.requestsPerSecond, 40);
  assert.deepEqual([row.errors, row.firstError, row.maxMs], [2, 'status 500', 50]);
  assert.equal(row.requestsPerCpuSecond, undefined);
});

test('without a yardstick there is no ratio', () => {
  assert.equal(summarise('x', [turn(10)], []).ofYardstick, undefined);
});

test('options that make no sense are refused', () => {
  const choices = { kms: ['lockholm', 'moto'], s3: ['sse-s3'] };
  for (const args of [
    ['--seconds', '0'],
    ['--seconds', '1.5'],
    ['--connections', '16,many'],
    ['--only', 'vault'],
    ['--sizes', 'huge'],
    ['--operations', 'Sign'],
    ['--unknown'],
  ]) {
    assert.throws(() => readOptions(args, choices), UsageError, args.join(' '));
  }
  assert.equal(readOptions(['--help'], choices), undefined);
  assert.deepEqual(readOptions(['--operations', 'encrypt', '--connections', '1, 2'], choices), {
    seconds: 3,
    rounds: 3,
    connections: [1, 2],
    operations: ['Encrypt'],
    sizes: ['small', 'large'],
    only: [],
    json: false,
  });
});

test('a group stands for all of its contenders', () => {
  const choices = { kms: ['lockholm', 'moto'], s3: ['sse-s3', 'sse-kms'] };
  const { only } = readOptions(['--only', 's3,Moto'], choices) ?? {};
  assert.deepEqual(only, ['sse-s3', 'sse-kms', 'moto']);
});

test('CPU time of a process that works is seen', { skip: process.platform !== 'linux' }, () => {
  const before = cpuSeconds(process.pid) ?? 0;
  const until = process.cpuUsage().user + 100_000;
  while (process.cpuUsage().user < until);
  assert.ok((cpuSeconds(process.pid) ?? 0) > before);
});
