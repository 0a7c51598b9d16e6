import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DAY_MS } from '../../src/core/clock.ts';
import { ClockGuard } from '../../src/store/clock-guard.ts';
import { openRows } from '../../src/store/rows.ts';
import type { FrontRows } from '../../src/store/rows-contract.ts';
import { HmacAuthenticator } from './hmac-authenticator.ts';
import { temporaryStore } from './temporary.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

describe('the time that a store remembers', () => {
  let opened: Awaited<ReturnType<typeof temporaryStore>>;
  let rows: FrontRows;
  beforeEach(async () => {
    opened = await temporaryStore();
    rows = await openRows(opened.store, new HmacAuthenticator());
  });
  afterEach(() => opened.destroy());

  const guard = (lastTime = 0) => new ClockGuard({ rows, lastTime: () => lastTime });
  const row = () => rows.get<{ readonly known: number }>('setting', 'clock-guard');

  it('costs no more than one write an hour', async () => {
    const which = guard();
    for (let minute = 0; minute <= 120; minute += 1) await which.check(START + minute * 60_000);
    assert.equal((await row())?.version, 3);
  });

  it('is what a clock is compared with where the journal tells of less', async () => {
    await guard().check(START);
    for (const lastTime of [0, START - 30 * DAY_MS]) {
      assert.equal(await guard(lastTime).check(START + DAY_MS), undefined);
      await rows.commit({ put: [{ table: 'setting', id: 'clock-guard', version: 3, value: mark(START) }] });
      const doubt = await guard(lastTime).check(START + DAY_MS + 1);
      assert.deepEqual(doubt, { known: START, seen: START + DAY_MS + 1 });
      await rows.commit({ delete: [{ table: 'setting', id: 'clock-guard', version: 4 }] });
      await guard().check(START);
    }
  });

  it('goes back with a clock that is set back', async () => {
    const which = guard();
    await which.check(START + 20 * HOUR_MS);
    await which.check(START);
    assert.equal((await row())?.value.known, START);
    assert.notEqual(await guard().check(START + DAY_MS + 1), undefined);
  });
});

const mark = (known: number) => ({ doubt: null, known });
