import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSealFile } from '../../src/engine/seal/file.ts';
import { startSupervisor } from '../../src/server/supervisor.ts';

type Name = 'front' | 'fast' | 'slow';
const names: readonly Name[] = ['front', 'fast', 'slow'];
const fixture = join(import.meta.dirname, '..', 'support', 'supervisor-fixture.ts');
let folder = '';
let supervisor: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockholm-test-'));
});
afterEach(() => {
  supervisor?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(mode = 'plain', drainMs = 5_000): ChildProcess {
  createSealFile(join(folder, 'seal'));
  const arguments_ = [fixture, folder, mode, String(drainMs)];
  supervisor = spawn(process.execPath, arguments_, { stdio: ['ignore', 'ignore', 'inherit'] });
  return supervisor;
}

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await sleep(10);
  }
  return assert.fail(`waited in vain for ${what}`);
}
const read = (name: string): string | undefined => {
  const path = join(folder, name);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text === '' ? undefined : text;
};
async function ask(path = '/'): Promise<string | undefined> {
  try {
    return await (await fetch(`http://127.0.0.1:${read('port')}${path}`)).text();
  } catch {
    return undefined;
  }
}
const served = (): Promise<string> =>
  until('an answer', () => (read('port') === undefined ? undefined : ask()));
const pids = (): Promise<Record<Name, number>> =>
  until('three children', () => {
    try {
      const seen = JSON.parse(read('pids') ?? '{}') as Record<Name, number>;
      return names.every((name) => seen[name] > 0) ? seen : undefined;
    } catch {
      return undefined;
    }
  });
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const allGone = (of: Record<Name, number>): Promise<true> =>
  until('the end of every child', () => (names.some((name) => alive(of[name])) ? undefined : true));
const exitOf = async (child: ChildProcess): Promise<unknown> => (await once(child, 'exit'))[0];

test('front and engines are joined; each that dies is started again and joined anew', async () => {
  start();
  assert.match(await served(), /^[0-9a-f]{32}$/);
  for (const name of [...names, ...names]) {
    const before = await pids();
    process.kill(before[name], 'SIGKILL');
    await until('a new process', async () => ((await pids())[name] === before[name] ? undefined : true));
    assert.match(await served(), /^[0-9a-f]{32}$/);
    const after = await pids();
    for (const other of names) assert.equal(after[other] === before[other], other !== name, other);
  }
});

for (const stopped of [['fast'], ['slow'], ['fast', 'slow']] as const) {
  test(`${stopped.join(' and ')} stopped but alive: the front is told, and they are started again`, {
    skip: process.platform !== 'linux' && 'needs /proc',
  }, async () => {
    start();
    await served();
    const before = await pids();
    for (const lane of stopped) process.kill(before[lane], 'SIGSTOP');
    for (const lane of stopped) {
      await until(`the end of the ${lane} engine`, () => (alive(before[lane]) ? undefined : true));
      assert.equal(read(`silent-${lane}`), 'true');
    }
    assert.match(await served(), /^[0-9a-f]{32}$/);
    assert.equal((await pids()).front, before.front);
  });
}

test('a front that is stopped but alive is started again, and the engines stay', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async () => {
  start();
  await served();
  const before = await pids();
  process.kill(before.front, 'SIGSTOP');
  await until('the end of the front', () => (alive(before.front) ? undefined : true));
  assert.match(await served(), /^[0-9a-f]{32}$/);
  const after = await pids();
  assert.deepEqual([after.fast, after.slow], [before.fast, before.slow]);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} lets the front answer what it accepted, then ends every child and exits with 0`, async () => {
    const running = start();
    await served();
    const children = await pids();
    const answer = ask('/slow-answer');
    await sleep(50);
    running.kill(signal);
    assert.equal(await exitOf(running), 0);
    assert.match((await answer) ?? '', /^[0-9a-f]{32}$/);
    await allGone(children);
  });
}

test('a signal to the whole process group ends nothing before its time', async () => {
  const running = start();
  await served();
  const children = await pids();
  for (const name of names) process.kill(children[name], 'SIGINT');
  for (const name of names) process.kill(children[name], 'SIGTERM');
  await sleep(100);
  assert.deepEqual(await pids(), children);
  running.kill('SIGTERM');
  assert.equal(await exitOf(running), 0);
});

test('no child opens a debugger when it is sent SIGUSR1', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async () => {
  start();
  await served();
  const caught = Object.entries(await pids()).filter(([, pid]) => {
    const mask = /SigCgt:\s*([0-9a-f]+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return ((BigInt(`0x${mask}`) >> BigInt(constants.signals.SIGUSR1 - 1)) & 1n) === 1n;
  });
  assert.deepEqual(caught, []);
});

test('a front that does not drain is stopped when its time is up', async () => {
  const running = start('stubborn', 100);
  await served();
  const children = await pids();
  running.kill('SIGTERM');
  assert.equal(await exitOf(running), 0);
  assert.ok(existsSync(join(folder, 'drain')));
  await allGone(children);
});

test('a second signal does not wait for the front', async () => {
  const running = start('stubborn', 60_000);
  await served();
  running.kill('SIGTERM');
  await until('the first signal', () => (existsSync(join(folder, 'drain')) ? true : undefined));
  running.kill('SIGTERM');
  assert.equal(await exitOf(running), 0);
});

test('no child outlives a supervisor that was killed', async () => {
  const running = start();
  await served();
  const children = await pids();
  running.kill('SIGKILL');
  await allGone(children);
});

test('a front that refuses to start is not started again: exit code 1', async () => {
  assert.equal(await exitOf(start('fatal')), 1);
});

test('a seal that vanished stops the server only when no engine holds the root key', async () => {
  const running = start();
  await served();
  rmSync(join(folder, 'seal'));
  process.kill((await pids()).slow, 'SIGKILL');
  await served();
  const { fast, slow } = await pids();
  process.kill(fast, 'SIGKILL');
  process.kill(slow, 'SIGKILL');
  assert.equal(await exitOf(running), 1);
});

test('without a seal nothing starts', () => {
  const options = {
    front: { main: 'none', argv: [], settings: {}, env: {} },
    data: folder,
    sealFile: join(folder, 'seal'),
  };
  assert.throws(() => startSupervisor(options), { code: 'missing' });
});
