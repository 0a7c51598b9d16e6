import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type EncodedEvent, JournalError } from '../../src/audit/contract.ts';
import { parseBody, parseEnvelope } from '../../src/audit/entry.ts';
import { createEncoder } from '../../src/audit/event.ts';
import { resumeWhenPossible } from '../../src/audit/resume.ts';
import { NODE } from './sample.ts';

it('a journal that was full is tried until it takes an event, which says since when it did not', async (t) => {
  const full = new JournalError('full', 'no space');
  const { promise, resolve } = Promise.withResolvers<EncodedEvent>();
  let left = 3;
  let time = Date.UTC(2026, 10, 24);
  const journal = {
    failure: full as JournalError | undefined,
    async append(event: EncodedEvent) {
      left -= 1;
      time += 1_000;
      if (left > 0) throw full;
      this.failure = undefined;
      resolve(event);
    },
  };
  const parts = { encodeEvent: createEncoder(NODE), home: { account: '000000000000', region: 'us-east-1' } };
  t.after(resumeWhenPossible({ ...parts, journal, clock: { now: () => time }, everyMs: 1 }));
  // The watch alone keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  const event = await promise;
  clearInterval(alive);
  const { name, time: said } = parseEnvelope(event);
  assert.deepEqual([name, said], ['JournalResumed', '2026-11-24T00:00:02.000Z']);
  assert.deepEqual(parseBody(event)?.additionalEventData, { refusedSince: '2026-11-24T00:00:00.000Z' });
  assert.equal(left, 0);
});
