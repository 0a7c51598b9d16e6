/** How a process that tries what the sandbox must refuse (sandbox-attempts.ts) has to end each attempt. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What an attempt may end with beside ERR_ACCESS_DENIED: the module does not exist in this process. */
const alsoRefused: Readonly<Record<string, string>> = {
  'load a database': 'ERR_UNKNOWN_BUILTIN_MODULE',
  'load a database by require': 'ERR_UNKNOWN_BUILTIN_MODULE',
  'find a database among the built-in modules': 'there is none',
  'load an addon': 'ERR_DLOPEN_DISABLED',
  'regain permission': 'still without',
};
const ATTEMPTS = 29;

/** To read the probe's own source while it loads. */
export const probeFlags = (probe: string): readonly string[] =>
  [probe, join(import.meta.dirname, 'sandbox-attempts.ts')].map((path) => `--allow-fs-read=${path}`);

/** Ends the process. */
export async function assertAllRefused(child: ChildProcess): Promise<void> {
  try {
    const [ready] = await once(child, 'message');
    assert.deepEqual(ready, { type: 'ready' });
    child.send('probe');
    const died = once(child, 'exit').then(([code]) => assert.fail(`the probe ended with ${code}`));
    const [{ ends }] = (await Promise.race([once(child, 'message'), died])) as [
      { ends: Record<string, string> },
    ];
    assert.equal(Object.keys(ends).length, ATTEMPTS);
    for (const [attempt, end] of Object.entries(ends)) {
      assert.equal(end, alsoRefused[attempt] ?? 'ERR_ACCESS_DENIED', attempt);
    }
    const leaks = readdirSync(import.meta.dirname).filter((name) => name.startsWith('leak'));
    assert.deepEqual(leaks, []);
  } finally {
    child.kill('SIGKILL');
  }
}
