import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lanes } from '../../src/engine/protocol/ipc.ts';
import { engineFlags } from '../../src/server/sandbox.ts';
import { startEngines } from '../support/engines.ts';
import { assertAllRefused, probeFlags } from '../support/sandbox-outcome.ts';

const probe = join(import.meta.dirname, '..', 'support', 'sandbox-probe.ts');

test('an engine that runs can open no file, socket, process, worker or database', async () => {
  const child = spawn(process.execPath, [...engineFlags(), ...probeFlags(probe), probe, 'fast'], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'inherit', 'ignore', 'ipc'],
  });
  await assertAllRefused(child);
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
