import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHsm } from '../../src/hsm/protocol/host-messages.ts';
import { Link } from '../../src/hsm/protocol/link.ts';
import { makePair } from '../../src/server/pairs.ts';

test('a call has a deadline of its own, and holds up that of no later one', async () => {
  const [near, far] = await makePair();
  far.resume();
  const link = new Link(near, toHsm, { pauseWhenBlocked: true, deadlineMs: 20 });
  let ended = false;
  const long = link.call('readBackup', { offset: 0, length: 1 }, 60_000).finally(() => {
    ended = true;
  });
  long.catch(() => undefined);
  await assert.rejects(link.call('describe', {}), { code: 'unavailable', message: /in time/ });
  assert.equal(ended, false);
  link.close();
  far.destroy();
  await assert.rejects(long, { code: 'unavailable', message: /closed/ });
});
