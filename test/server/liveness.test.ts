import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Liveness, processorTime } from '../../src/server/liveness.ts';

function watched(t: TestContext, used: () => number | undefined) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const told: string[] = [];
  const liveness = new Liveness(
    {
      pid: () => 1,
      ask: () => told.push('ask'),
      silent: (isSilent) => told.push(isSilent ? 'silent' : 'answers again'),
      hung: () => told.push('hung'),
      used,
    },
    { everyMs: 10, silentTurns: 2, busyTurns: 5 },
  );
  liveness.watch();
  t.after(() => liveness.stop());
  const turn = (): readonly string[] => {
    t.mock.timers.tick(10);
    return told.splice(0);
  };
  return { liveness, turn, told };
}

test('a child that answers is asked again and again', (t) => {
  const { liveness, turn } = watched(t, () => 0);
  for (let i = 0; i < 10; i += 1) {
    assert.deepEqual(turn(), ['ask']);
    liveness.answered();
  }
});

test('one that neither answers nor works is silent, then hung, and asked no more', (t) => {
  const { turn } = watched(t, () => 7);
  assert.deepEqual([turn(), turn(), turn(), turn()], [['ask'], ['silent'], ['hung'], []]);
});

test('one that answers late was only silent', (t) => {
  const { liveness, turn, told } = watched(t, () => 7);
  assert.deepEqual([turn(), turn()], [['ask'], ['silent']]);
  liveness.answered();
  assert.deepEqual(told.splice(0), ['answers again']);
  assert.deepEqual(turn(), ['ask']);
});

test('one that computes has longer, and not for ever', (t) => {
  let ticks = 0;
  const { turn } = watched(t, () => {
    ticks += 100;
    return ticks;
  });
  assert.deepEqual([turn(), turn(), turn(), turn(), turn(), turn()], [['ask'], [], [], [], [], ['hung']]);
});

test('where the system tells no processor time, a child has the longer time', (t) => {
  const { turn } = watched(t, () => undefined);
  assert.deepEqual([turn(), turn(), turn(), turn(), turn(), turn()], [['ask'], [], [], [], [], ['hung']]);
});

test('the processor time of a process grows as it computes', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, () => {
  const before = processorTime(process.pid) ?? Number.NaN;
  const until = process.cpuUsage().user + 200_000;
  while (process.cpuUsage().user < until);
  const used = (processorTime(process.pid) ?? Number.NaN) - before;
  assert.ok(used >= 15, String(used));
  assert.equal(processorTime(2 ** 30), undefined);
});
