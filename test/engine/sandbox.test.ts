import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lanes } from '../../src/engine/protocol/ipc.ts';
import { engineFlags } from '../../src/server/sandbox.ts';
import { startEngines } from '../support/engines.ts';

const probe = join(import.meta.dirname, '..', 'support', 'sandbox-probe.ts');
/** What an attempt may end with beside ERR_ACCESS_DENIED: the module does not exist in this process. */
const alsoRefused: Readonly<Record<string, string>> = {
  'load a database': 'ERR_UNKNOWN_BUILTIN_MODULE',
  'load a database by require': 'ERR_UNKNOWN_BUILTIN_MODULE',
  'find a database among the built-in modules': 'there is none',
  'load an addon': 'ERR_DLOPEN_DISABLED',
  'regain permission': 'still without',
};

test('an engine that runs can open no file, socket, process, worker or database', async () => {
  const child = spawn(process.execPath, [...engineFlags(), `--allow-fs-read=${probe}`, probe, 'fast'], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'inherit', 'ignore', 'ipc'],
  });
  try {
    const [ready] = await once(child, 'message');
    assert.deepEqual(ready, { type: 'ready' });
    child.send('probe');
    const died = once(child, 'exit').then(([code]) => assert.fail(`the probe ended with ${code}`));
    const [{ ends }] = (await Promise.race([once(child, 'message'), died])) as [
      { ends: Record<string, string> },
    ];
    assert.equal(Object.keys(ends).length, 29);
    for (const [attempt, end] of Object.entries(ends)) {
      assert.equal(end, alsoRefused[attempt] ?? 'ERR_ACCESS_DENIED', attempt);
    }
    assert.deepEqual(
      readdirSync(join(probe, '..')).filter((name) => name.startsWith('leak')),
      [],
    );
  } finally {
    child.kill('SIGKILL');
  }
});

test('the flags allow nothing but reading the source of an engine', () => {
  const flags = engineFlags();
  assert.deepEqual(flags.slice(0, 2), ['--permission', '--no-experimental-sqlite']);
  const source = join(import.meta.dirname, '..', '..');
  assert.deepEqual(
    flags.slice(2),
    [join(source, 'src', 'core'), join(source, 'src', 'engine'), join(source, 'package.json')].map(
      (path) => `--allow-fs-read=${path}`,
    ),
  );
});

test('the supervisor starts its engines with these flags and an empty environment', {
  skip: existsSync('/proc/self/cmdline') ? false : 'needs /proc',
}, async () => {
  const engines = await startEngines();
  try {
    for (const lane of lanes) {
      const process_ = join('/proc', String(engines.pid(lane)));
      const [program, ...rest] = readFileSync(join(process_, 'cmdline'), 'utf8').split('\0');
      const flags = engineFlags();
      assert.equal(program, process.execPath);
      assert.deepEqual(rest.slice(0, flags.length), flags);
      assert.match(rest[flags.length] ?? '', /src\/engine\/main\.ts$/);
      assert.equal(rest[flags.length + 1], lane);
      const names = readFileSync(join(process_, 'environ'), 'utf8').split('\0').filter(Boolean);
      assert.deepEqual(
        names.map((entry) => entry.split('=')[0]).filter((name) => !name?.startsWith('NODE_CHANNEL_')),
        [],
      );
    }
  } finally {
    await engines.stop();
  }
});
