import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import type { Status } from '../../src/operator/operations/get-status.ts';
import { schedule } from '../../src/store/jobs.ts';
import { startOperator, type TestOperator } from '../support/operator.ts';

let operator: TestOperator;
const destroyed: string[] = [];
const facts = [
  { fact: 'law', about: { party: 'operator', law: 'EU' }, declaredBy: 'Counsel', declaredAt: '2026-01-01' },
];
before(async () => {
  operator = await startOperator({
    facts,
    jobs: { 'destroy-it': { destructive: true, run: async ({ id }) => void destroyed.push(id) } },
  });
});
after(() => operator.stop());

const status = () => operator.call<Status>('GetStatus');

test('a status tells what runs, where, how long, and on what', async () => {
  operator.clock.time += 90_500;
  const { Domain, Engines, Journal, ...rest } = await status();
  const { data } = operator;
  assert.deepEqual(rest, {
    Version: '1.2.3',
    NodeVersion: process.version,
    ProcessId: 77,
    Started: '2026-01-15T12:00:00.000Z',
    UptimeSeconds: 90,
    Endpoint: 'http://127.0.0.1:4566',
    ClientRegion: 'us-east-1',
    DataFolder: data,
    Seal: { Kind: 'file', Path: `${data}/seal`, BesideData: true },
    Sealed: false,
    Accounts: 0,
    Jobs: { Running: 0, Clock: 'trusted', Held: [] },
    Facts: [
      {
        Fact: 'law',
        About: { party: 'operator', law: 'EU' },
        DeclaredBy: 'Counsel',
        DeclaredAt: '2026-01-01',
      },
    ],
  });
  assert.equal(dirname(rest.Seal.Path), data);
  assert.equal(Domain?.Epoch, 1);
  assert.deepEqual(
    Domain?.Keys.map(({ Id }) => Id),
    [Domain?.CurrentKey],
  );
  assert.deepEqual(
    Engines.map(({ Lane, Restarts }) => [Lane, Restarts]),
    [
      ['fast', 0],
      ['slow', 0],
    ],
  );
  assert.equal(Journal.Entries, 0);
  assert.equal((await status()).Journal.LastEntry, '2026-01-15T12:01:30.500Z', 'the call before is an entry');
});

test('a status says that the journal was cut short before the start', async () => {
  const other = await startOperator({ missingEntries: 12 });
  try {
    const { Journal } = await other.call<Status>('GetStatus');
    assert.equal(Journal.MissingEntries, 12);
  } finally {
    await other.stop();
  }
  assert.equal((await status()).Journal.MissingEntries, undefined);
});

test('an engine that was started again has a new session', async () => {
  const before = (await status()).Engines.find(({ Lane }) => Lane === 'fast');
  await operator.engines.killLane('fast');
  await operator.parts.engine.call('random', { length: 1 });
  await operator.parts.engine.call('authenticateRows', { rows: [] });
  const now = (await status()).Engines.find(({ Lane }) => Lane === 'fast');
  assert.notEqual(now?.Session, before?.Session);
});

test('what destroys waits while the clock is in doubt, until an operator acknowledges it', async () => {
  const { clock, rows, runner } = operator;
  const settle = async () => {
    await runner.poll();
    await runner.idle();
  };
  await settle();
  await assert.rejects(operator.call('AcknowledgeClock'), { message: /The clock is not in doubt/ });
  await rows.commit(schedule({ id: 'k', kind: 'destroy-it', due: clock.time + DAY_MS, payload: {} }));
  clock.time += 3 * DAY_MS;
  await settle();
  const { Jobs } = await status();
  assert.equal(Jobs.Clock, 'held');
  assert.deepEqual(Jobs.Held, ['destroy-it']);
  assert.match(Jobs.Message ?? '', /more than a day past/);
  assert.deepEqual(destroyed, []);
  const acknowledged = await operator.call('AcknowledgeClock');
  assert.deepEqual(acknowledged, { Clock: new Date(clock.time).toISOString() });
  await settle();
  await settle();
  assert.deepEqual(destroyed, ['k']);
  assert.equal((await status()).Jobs.Clock, 'trusted');
  assert.ok(
    (await operator.journalled()).some(
      (event) => event.includes('AcknowledgeClock') && event.includes('destroy-it'),
    ),
  );
});
