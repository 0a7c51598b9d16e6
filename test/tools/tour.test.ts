import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Fact } from '../../src/custody/facts.ts';
import type { Report } from '../../src/custody/report/report.ts';
import type { Attempt, Gain } from '../../tools/tour/order/attempt.ts';
import { resultOf } from '../../tools/tour/verdict/check.ts';
import { Clone } from './clone.ts';

const main = join(import.meta.dirname, '..', '..', 'tools', 'tour', 'main.ts');

describe('npm run tour', { timeout: 120_000 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockholm-tour-test-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('installs, then goes on under the pinned Node with its arguments', async () => {
    const clone = new Clone();
    try {
      const child = clone.tour('--keep');
      let said = '';
      child.stdout.on('data', (chunk) => {
        said += chunk;
        if (said.includes('serving')) child.kill('SIGTERM');
      });
      const [code] = await once(child, 'close');
      assert.match(said, /serving \["--keep"\]/);
      assert.equal(code, 7);
      assert.equal(clone.npmCalls().length, 1);
    } finally {
      clone.remove();
    }
  });

  test('stopped in its middle, it stops its server and leaves nothing', async () => {
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env.PATH ?? '', TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (said.includes('making a cluster')) child.kill('SIGINT');
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 130, said);
    const [, endpoint] = /at (http:\S+)/.exec(said) ?? [];
    assert.ok(endpoint !== undefined, said);
    await assert.rejects(fetch(endpoint), 'the server is gone');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('lockholm-')),
      [],
    );
  });

  test('an argument that it does not know is refused', async () => {
    const child = spawn(process.execPath, [main, '--what'], { stdio: ['ignore', 'ignore', 'ignore'] });
    const [code] = await once(child, 'close');
    assert.notEqual(code, 0);
  });
});

describe('what the order obtained, beside the report', () => {
  const arrangement = { number: '2', name: 'a key', object: 'o', subject: 'k' };
  const basis = { basis: 'assumed', because: 'a test' } as const;
  /** Material in clear on the disk, where the tour reads it; without `readable`, under a secret that is elsewhere. */
  const facts = (readable: boolean): readonly Fact[] => [
    { fact: 'party', party: 'thief-of-disk', kind: 'thief-of-disk', owner: 'nobody', basis },
    { fact: 'place', place: 'data-folder', kind: 'data', host: 'h', basis },
    { fact: 'reader', party: 'thief-of-disk', place: 'data-folder', basis },
    { fact: 'stored', secret: 'm', place: 'data-folder', under: readable ? 'clear' : 'elsewhere', basis },
    { fact: 'material', key: 'k', material: 'm', basis },
    { fact: 'came', material: 'm', from: 'inside', basis },
  ];
  const report = (readable: boolean, operator: string): Report => {
    const cell = { text: operator, answer: operator, ways: [], inFull: [] };
    const actors = ['staff', 'service-account', 'operator-as-one', 'thief-of-disk', 'thief-of-backup'];
    const rows = actors.map((id) => ({ actor: { id }, cells: { M: cell, U: cell, P: cell } }));
    const subjects = [{ name: 'k', rows, facts: facts(readable) }];
    return { validAt: { time: '2026-11-24T00:00:00Z' }, subjects } as unknown as Report;
  };
  const contradictions = (got: readonly Gain[], readable: boolean, operator: string) => {
    const attempts: readonly Attempt[] = [{ how: 'reading', got, said: '' }];
    return resultOf(arrangement, { attempts, notAttempted: [] }, report(readable, operator)).contradictions;
  };

  test('agrees when both say the same', () => {
    assert.deepEqual(contradictions(['material', 'use'], true, 'alone'), []);
    assert.deepEqual(contradictions([], false, 'needs'), []);
    // What was not attempted may be why the report has more.
    assert.deepEqual(contradictions([], false, 'alone'), []);
  });

  test('contradicts when more was obtained than the rules allow', () => {
    assert.equal(contradictions(['material'], false, 'alone').length, 1);
    assert.equal(contradictions(['material', 'use'], false, 'needs').length, 4);
  });

  test('contradicts when what the rules give was not obtained', () => {
    assert.equal(contradictions([], true, 'alone').length, 2);
    assert.equal(contradictions(['use'], true, 'alone').length, 1);
  });
});
