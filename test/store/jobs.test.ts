import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import type { Json } from '../../src/core/json.ts';
import { ClockGuard } from '../../src/store/clock-guard.ts';
import type { JobRecord } from '../../src/store/job.ts';
import {
  type JobHandler,
  type JobRequest,
  JobRunner,
  type JobRunnerOptions,
  schedule,
} from '../../src/store/jobs.ts';
import { openRows } from '../../src/store/rows.ts';
import type { FrontRows } from '../../src/store/rows-contract.ts';
import { HmacAuthenticator } from './hmac-authenticator.ts';
import { isCode } from './suite.ts';
import { temporaryStore } from './temporary.ts';

const START = Date.UTC(2026, 0, 1);

describe('durable jobs', () => {
  let opened: Awaited<ReturnType<typeof temporaryStore>>;
  let authenticator: HmacAuthenticator;
  let rows: FrontRows;
  let now: number;
  let logged: string[];
  let runners: JobRunner[];
  beforeEach(async () => {
    opened = await temporaryStore();
    authenticator = new HmacAuthenticator();
    rows = await openRows(opened.store, authenticator);
    now = START;
    logged = [];
    runners = [];
  });
  afterEach(async () => {
    await Promise.all(runners.map((runner) => runner.stop()));
    await opened.destroy();
  });

  const clock = { now: () => now };
  const guard = (lastTime = now) => new ClockGuard({ rows, lastTime: () => lastTime });
  const runner = (handlers: Record<string, JobHandler>, more: Partial<JobRunnerOptions> = {}) => {
    const log = (event: string) => logged.push(event);
    const made = new JobRunner({ rows, clock, handlers, guard: guard(), log, owner: 'front', ...more });
    runners.push(made);
    return made;
  };
  const plan = (id: string, due = now, kind = 'work', payload: JobRequest['payload'] = {}) =>
    rows.commit(schedule({ id, kind, due, payload }));
  const jobs = () => rows.scan<JobRecord>('job', '', { limit: 1000 });
  /** The first poll may be one that began before the test changed the clock. */
  const settle = async (which: JobRunner) => {
    await which.poll();
    await which.poll();
    await which.idle();
  };
  const recorder = (destructive = false) => {
    const ran: string[] = [];
    const handler: JobHandler = {
      destructive,
      run: async ({ id }) => {
        ran.push(id);
      },
    };
    return { ran, handler };
  };

  it('run when they are due, in that order, and once', async () => {
    const { ran, handler } = recorder();
    await plan('later', now + 5000);
    await plan('second', now - 1);
    await plan('first', now - 20);
    const work = runner({ work: handler }, { concurrency: 1 });
    for (let i = 0; i < 4; i += 1) await settle(work);
    assert.deepEqual(ran, ['first', 'second']);
    now += 5000;
    await settle(work);
    assert.deepEqual(ran, ['first', 'second', 'later']);
    assert.deepEqual(await jobs(), []);
  });

  it('come with their payload, and the same timer may be set twice', async () => {
    const seen: JobRequest[] = [];
    const due = now;
    await rows.commit({
      put: [...(schedule({ id: 'a/b', kind: 'work', due, payload: { n: 1 } }).put ?? [])],
    });
    await plan('a/b', due, 'work', { n: 2 });
    const handler = { destructive: false, run: async (job: JobRequest) => void seen.push(job) };
    await settle(runner({ work: handler }));
    assert.deepEqual(new Set(seen.map(({ payload }) => payload.n)), new Set([1, 2]));
    for (const job of seen) assert.deepEqual([job.id, job.kind, job.due], ['a/b', 'work', due]);
  });

  it('go by the reading of the clock that was believed when they fell due', async () => {
    const readings: number[] = [];
    const run: JobHandler['run'] = async (_, context) => void readings.push(context.now);
    const which = runner({ work: { destructive: true, run } });
    await plan('a');
    const polled = which.poll();
    now += 40 * DAY_MS;
    await polled;
    await which.idle();
    assert.deepEqual(readings, [START]);
  });

  it('are refused when malformed', () => {
    for (const job of [
      { kind: 'Work', due: 1 },
      { kind: 'a/b', due: 1 },
      { kind: 'work', due: -1 },
      { kind: 'work', due: 1e15 },
      { kind: 'work', due: Number.NaN },
    ])
      assert.throws(() => schedule({ id: 'x', payload: {}, ...job }), RangeError);
  });

  it('run again after a failure, later each time, from where they had come', async () => {
    const cursors: Json[] = [];
    const handler: JobHandler = {
      destructive: false,
      run: async (_, { cursor, progress }) => {
        cursors.push(cursor);
        if (cursors.length === 3) return;
        await progress({ step: cursors.length });
        throw new Error('not yet');
      },
    };
    await plan('flaky');
    const work = runner({ work: handler });
    await settle(work);
    await settle(work);
    assert.equal(cursors.length, 1);
    now += 1000;
    await settle(work);
    now += 1999;
    await settle(work);
    assert.equal(cursors.length, 2);
    now += 1;
    await settle(work);
    assert.deepEqual(cursors, [null, { step: 1 }, { step: 2 }]);
    assert.deepEqual(logged, ['job-failed', 'job-failed']);
    assert.deepEqual(await jobs(), []);
  });

  it('go on after a restart from the last durable cursor', async () => {
    const reached = Promise.withResolvers<void>();
    const first: JobHandler = {
      destructive: false,
      run: async (_, { progress }) => {
        await progress('half');
        reached.resolve();
        await new Promise(() => {});
      },
    };
    await plan('long');
    // As if the process were killed: this runner is never stopped, and its handler never ends.
    const killed = new JobRunner({
      rows,
      clock,
      handlers: { work: first },
      guard: guard(),
      log: () => {},
      owner: 'front',
      leaseMs: 2 ** 30,
    });
    await killed.poll();
    await reached.promise;
    const cursors: Json[] = [];
    const second: JobHandler = {
      destructive: false,
      run: async (_, { cursor }) => void cursors.push(cursor),
    };
    const other = runner({ work: second }, { owner: 'another front' });
    await settle(other);
    assert.deepEqual(cursors, []);
    await settle(runner({ work: second }));
    assert.deepEqual(cursors, ['half']);
    assert.deepEqual(await jobs(), []);
  });

  it('are taken over by another front when the lease has run out, and not before', async () => {
    const { ran, handler } = recorder();
    const deaf = Promise.withResolvers<void>();
    const outcomes: unknown[] = [];
    const slow: JobHandler = {
      destructive: false,
      run: async (_, { progress, signal }) => {
        await deaf.promise;
        outcomes.push(
          await progress('late').catch((error: unknown) => isCode('conflict')(error)),
          signal.aborted,
        );
      },
    };
    await plan('one');
    const here = runner({ work: slow }, { leaseMs: 60_000 });
    await here.poll();
    while ((await jobs())[0]?.value.lease === null) await new Promise(setImmediate);
    const there = runner(
      { work: handler },
      { owner: 'there', rows: await openRows(opened.store, authenticator) },
    );
    now += 59_999;
    await settle(there);
    assert.deepEqual(ran, []);
    now += 1;
    await settle(there);
    assert.deepEqual(ran, ['one']);
    deaf.resolve();
    await here.idle();
    assert.deepEqual(outcomes, [true, true]);
    assert.deepEqual(await jobs(), []);
  });

  it('keep their lease while they run', async () => {
    const end = Promise.withResolvers<void>();
    const slow: JobHandler = { destructive: false, run: () => end.promise };
    await plan('one');
    const here = runner({ work: slow }, { leaseMs: 30 });
    await here.poll();
    const until = async () => (await jobs())[0]?.value.lease?.until ?? 0;
    while ((await until()) === 0) await new Promise(setImmediate);
    now += 1_000_000;
    while ((await until()) < now) await new Promise(setImmediate);
    end.resolve();
    await here.idle();
    assert.deepEqual(await jobs(), []);
  });

  it('run on one of two fronts, whichever is quicker', async () => {
    const { ran, handler } = recorder();
    for (let i = 0; i < 20; i += 1) await plan(`j${i}`);
    const fronts = await Promise.all(
      ['a', 'b'].map(async (owner) =>
        runner(
          { work: handler },
          { owner, rows: await openRows(opened.store, authenticator), concurrency: 20 },
        ),
      ),
    );
    while ((await jobs()).length > 0) await Promise.all(fronts.map(settle));
    assert.deepEqual(ran.toSorted(), Array.from({ length: 20 }, (_, i) => `j${i}`).toSorted());
  });

  it('stop when the runner does, and stay to be done', async () => {
    const begun = Promise.withResolvers<void>();
    const patient: JobHandler = {
      destructive: false,
      run: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          begun.resolve();
        }),
    };
    await plan('patient');
    const work = runner({ work: patient });
    work.start();
    await begun.promise;
    assert.equal(work.status().running, 1);
    await work.stop();
    assert.equal(work.status().running, 0);
    const [left] = await jobs();
    assert.deepEqual([left?.value.lease, left?.value.failures], [null, 0]);
    assert.deepEqual(logged, []);
    await work.poll();
    assert.equal(work.status().running, 0);
  });

  it('are begun as far as there is room, until all are done', async () => {
    let most = 0;
    let running = 0;
    let done = 0;
    const handler: JobHandler = {
      destructive: false,
      run: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise(setImmediate);
        running -= 1;
        done += 1;
      },
    };
    for (let i = 0; i < 50; i += 1) await plan(`j${i}`);
    const work = runner({ work: handler }, { concurrency: 3, pollMs: 5 });
    work.start();
    while ((await jobs()).length > 0) await new Promise(setImmediate);
    await work.stop();
    assert.deepEqual([done, most], [50, 3]);
  });

  describe('that destroy', () => {
    it('wait while the clock stands more than a day past the journal', async () => {
      const [harmless, destroyer] = [recorder(), recorder(true)];
      await plan('key', now + 2 * DAY_MS, 'destroy');
      await plan('note', now + 2 * DAY_MS);
      const handlers = { work: harmless.handler, destroy: destroyer.handler };
      const lastTime = now;
      now += 2 * DAY_MS;
      const work = runner(handlers, { guard: guard(lastTime) });
      await settle(work);
      await settle(work);
      assert.deepEqual([harmless.ran, destroyer.ran], [['note'], []]);
      const { message, ...status } = work.status();
      assert.deepEqual(status, { running: 0, clock: 'held', held: ['destroy'] });
      assert.match(message ?? '', /server was off/);
      assert.deepEqual(logged, ['jobs-held']);
    });

    it('wait after a restart too, though the journal has gone on', async () => {
      const { ran, handler } = recorder(true);
      await plan('key', now + 3 * DAY_MS, 'destroy');
      now += 2 * DAY_MS;
      const first = runner({ destroy: handler }, { guard: guard(START) });
      await settle(first);
      assert.equal(first.status().clock, 'doubted');
      await first.stop();
      now += DAY_MS;
      const second = runner({ destroy: handler }, { guard: guard(now - 10) });
      await settle(second);
      assert.deepEqual([ran, second.status().clock], [[], 'held']);
    });

    it('go on when an operator says that the clock is right', async () => {
      const { ran, handler } = recorder(true);
      await plan('key', now + 3 * DAY_MS, 'destroy');
      now += 5 * DAY_MS;
      const held = guard(START);
      const work = runner({ destroy: handler }, { guard: held });
      await settle(work);
      assert.equal(work.status().clock, 'held');
      await held.acknowledgeClock(now);
      await settle(work);
      assert.deepEqual([ran, work.status().clock], [['key'], 'trusted']);
      await plan('another', now + DAY_MS, 'destroy');
      now += DAY_MS + 1;
      await settle(work);
      assert.deepEqual([ran, work.status().clock], [['key'], 'held']);
    });

    it('go on by themselves when the clock is set right', async () => {
      const { ran, handler } = recorder(true);
      await plan('key', now + DAY_MS / 2, 'destroy');
      const work = runner({ destroy: handler });
      await settle(work);
      now += 30 * DAY_MS;
      await settle(work);
      assert.deepEqual([ran, work.status().clock], [[], 'held']);
      now = START + 60_000;
      await settle(work);
      assert.deepEqual([ran, work.status().clock], [[], 'trusted']);
      now = START + DAY_MS / 2;
      await settle(work);
      assert.deepEqual(ran, ['key']);
    });

    it('wait where the journal was emptied: the store remembers the time that was believed', async () => {
      const { ran, handler } = recorder(true);
      await settle(runner({ destroy: handler }));
      await plan('key', now + 7 * DAY_MS, 'destroy');
      now += 8 * DAY_MS;
      const emptied = guard(0);
      const work = runner({ destroy: handler }, { guard: emptied });
      await settle(work);
      assert.deepEqual([ran, work.status().clock], [[], 'held']);
      await emptied.acknowledgeClock(now);
      await settle(work);
      assert.deepEqual([ran, work.status().clock], [['key'], 'trusted']);
    });

    it('wait where there are keys and nothing tells the time, until an operator does', async () => {
      const { ran, handler } = recorder(true);
      await rows.commit({ put: [{ table: 'key', id: 'a/r/k', version: 1, value: {} }] });
      await plan('key', now, 'destroy');
      const lost = guard(0);
      const work = runner({ destroy: handler }, { guard: lost });
      await settle(work);
      assert.deepEqual([ran, work.status().clock], [[], 'held']);
      assert.match(work.status().message ?? '', /journal is empty/);
      await lost.acknowledgeClock(now);
      await settle(work);
      assert.deepEqual(ran, ['key']);
    });

    it('do not wait on a server that has run all the time, or has just been made', async () => {
      const { ran, handler } = recorder(true);
      await plan('key', now + 3 * DAY_MS, 'destroy');
      const work = runner({ destroy: handler }, { guard: guard(0) });
      for (let hour = 0; hour < 73; hour += 12) {
        await settle(work);
        now = START + hour * 3_600_000;
      }
      await settle(work);
      assert.deepEqual([ran, logged], [['key'], []]);
    });
  });
});
