import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePair } from '../../src/server/pairs.ts';

test('pairs made at once are joined two by two, keep early bytes, and leave no file behind', async () => {
  const temporary = process.env.TMPDIR;
  const folder = mkdtempSync(join(tmpdir(), 'lockholm-test-'));
  process.env.TMPDIR = folder;
  try {
    const pairs = await Promise.all(Array.from({ length: 8 }, makePair));
    for (const [index, [near]] of pairs.entries()) near.write(`to ${index}`);
    await sleep(20);
    for (const [index, [near, far]] of pairs.entries()) {
      far.resume();
      const [chunk] = (await once(far, 'data')) as [Buffer];
      assert.equal(chunk.toString(), `to ${index}`);
      near.destroy();
      far.destroy();
    }
    assert.deepEqual(readdirSync(folder), []);
  } finally {
    if (temporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = temporary;
    rmSync(folder, { recursive: true });
  }
});

test('a temporary folder with a long name is no obstacle', async () => {
  const temporary = process.env.TMPDIR;
  process.env.TMPDIR = join(tmpdir(), 'x'.repeat(120));
  try {
    for (const end of await makePair()) end.destroy();
  } finally {
    if (temporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = temporary;
  }
});
