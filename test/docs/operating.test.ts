/** Runs each shell block of docs/operating.md in its order, as a reader would: `lockholm serve` in the background. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { settingRows } from '../../src/server/settings.ts';
import { readCredentials, root } from '../clients/environment.ts';
import { runShell, shellBlocks } from '../support/documents.ts';

const page = 'docs/operating.md';
const main = join(root, 'src', 'main.ts');
let folder: string;
let running: ChildProcess | undefined;
let endpoint = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockholm-operating-'));
  for (const name of ['stick', 'lib']) await mkdir(join(folder, name), { mode: 0o700 });
});
after(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

async function stop(): Promise<void> {
  if (running === undefined || running.exitCode !== null) return;
  const exited = once(running, 'exit');
  running.kill('SIGTERM');
  await exited;
}

const environment = (): Record<string, string> => ({
  PATH: `${join(root, 'test', '.cache', 'venv', 'bin')}:${process.env.PATH ?? ''}`,
  HOME: folder,
  AWS_EC2_METADATA_DISABLED: 'true',
});

async function serve(args: readonly string[]): Promise<void> {
  await stop();
  const server = spawn(process.execPath, [main, 'serve', ...args], {
    cwd: folder,
    env: { ...environment(), LOCKHOLM_LISTEN: '127.0.0.1:0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = server;
  let said = '';
  endpoint = await new Promise((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
        const found = / serves (\S+) /.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
    }
    server.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
}

/** The page's places and ids, as they are here. */
const here = (text: string): string =>
  text
    .replaceAll('/path/to/clone', root)
    .replaceAll('/media/stick', join(folder, 'stick'))
    .replaceAll('/var/lib/lockholm', join(folder, 'lib'))
    .replaceAll('/etc/lockholm.yaml', join(folder, 'lockholm.yaml'))
    .replaceAll('http://127.0.0.1:4566', endpoint)
    .replaceAll('AKIAIOSFODNN7EXAMPLE', readKeyId());

function readKeyId(): string {
  try {
    return readCredentials(join(folder, 'data', 'credentials')).accessKeyId;
  } catch {
    return '';
  }
}

test('every command on the page works', { timeout: 120_000 }, async () => {
  const text = await readFile(join(root, page), 'utf8');
  const yaml = /^```yaml\n(.*?)^```$/ms.exec(text)?.[1] ?? assert.fail('no settings file on the page');
  await writeFile(join(folder, 'lockholm.yaml'), here(yaml));
  const [define = '', ...blocks] = shellBlocks(page);
  const command = define.split('\n')[0] ?? '';
  let output = '';
  const run = async (script: string) => {
    const outcome = await runShell(here(`${command}\n${script}`), { cwd: folder, env: environment() });
    assert.equal(outcome.code, 0, `${script}\n${outcome.stdout}\n${outcome.stderr}`);
    output += outcome.stdout;
  };
  await run(define);
  for (const block of blocks) {
    const [first = '', ...arguments_] = block.split('lockholm serve');
    if (arguments_.length === 0) {
      await run(block);
      continue;
    }
    await stop();
    await run(first);
    await serve(
      here(arguments_.join(''))
        .trim()
        .split(/\s+/)
        .filter((word) => word !== ''),
    );
  }
  for (const expected of [
    /law\(operator, EU\), by Head of compliance/,
    /treasury/,
    /"Keys": \[\]/,
    /is Inactive/,
  ]) {
    assert.match(output, expected);
  }
});

test('the page has every setting, with its variable and default', async () => {
  const text = await readFile(join(root, page), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z-]+)` \| `(LOCKHOLM_\w+)` \| `?([^`|]+?)`? \|/gm)].map((row) =>
    row.slice(1),
  );
  assert.deepEqual(
    rows,
    settingRows.map(({ key, env, defaultText }) => [key, env, defaultText]),
  );
});
